package facesvc

import (
	"context"

	facesvcv1 "github.com/facesvc/facesvc/clients/go/facesvc/v1"
)

// Embed returns the embedding of the photo's best face.
func (c *Client) Embed(ctx context.Context, photo Photo) (*facesvcv1.EmbedResponse, error) {
	request := &facesvcv1.EmbedRequest{}
	if photo.isURL() {
		request.Source = &facesvcv1.EmbedRequest_ImageUrl{ImageUrl: photo.url}
	} else {
		request.Source = &facesvcv1.EmbedRequest_Image{Image: photo.data}
	}
	return c.Faces.Embed(ctx, request)
}

// Compare tells whether two photos show the same person, by the service's threshold.
func (c *Client) Compare(ctx context.Context, first, second Photo) (*facesvcv1.CompareResponse, error) {
	request := &facesvcv1.CompareRequest{}
	if first.isURL() {
		request.Source_1 = &facesvcv1.CompareRequest_ImageUrl_1{ImageUrl_1: first.url}
	} else {
		request.Source_1 = &facesvcv1.CompareRequest_Image_1{Image_1: first.data}
	}
	if second.isURL() {
		request.Source_2 = &facesvcv1.CompareRequest_ImageUrl_2{ImageUrl_2: second.url}
	} else {
		request.Source_2 = &facesvcv1.CompareRequest_Image_2{Image_2: second.data}
	}
	return c.Faces.Compare(ctx, request)
}

// CheckLiveness tells whether the photo's best face looks live.
func (c *Client) CheckLiveness(ctx context.Context, photo Photo) (*facesvcv1.CheckLivenessResponse, error) {
	request := &facesvcv1.CheckLivenessRequest{}
	if photo.isURL() {
		request.Source = &facesvcv1.CheckLivenessRequest_ImageUrl{ImageUrl: photo.url}
	} else {
		request.Source = &facesvcv1.CheckLivenessRequest_Image{Image: photo.data}
	}
	return c.Faces.CheckLiveness(ctx, request)
}

// Analyze describes every face of the photo.
func (c *Client) Analyze(ctx context.Context, photo Photo) (*facesvcv1.AnalyzeResponse, error) {
	request := &facesvcv1.AnalyzeRequest{}
	if photo.isURL() {
		request.Source = &facesvcv1.AnalyzeRequest_ImageUrl{ImageUrl: photo.url}
	} else {
		request.Source = &facesvcv1.AnalyzeRequest_Image{Image: photo.data}
	}
	return c.Faces.Analyze(ctx, request)
}

// Health tells what runs at the other end and how it is.
func (c *Client) Health(ctx context.Context) (*facesvcv1.GetHealthResponse, error) {
	return c.Faces.GetHealth(ctx, &facesvcv1.GetHealthRequest{})
}
