package facesvc

import (
	"context"
	"errors"
	"iter"

	facesvcv1 "github.com/facesvc/facesvc/clients/go/facesvc/v1"
)

// FaceOptions say which face of a photo of several is meant; the zero value means the one of the
// best quality.
type FaceOptions struct {
	// Selection by another rule, or near a point or box.
	Selection *facesvcv1.FaceSelection
	// RequireSingle refuses a photo of several faces with AMBIGUOUS_FACE.
	RequireSingle bool
}

// EmbedOptions of Embed, BatchEmbed and StreamEmbed; the zero value means the service's defaults.
type EmbedOptions struct {
	Face FaceOptions
	// Encoding of the embedding.
	Encoding facesvcv1.EmbeddingEncoding
}

// Embed returns the embedding of the photo's best face.
func (c *Client) Embed(ctx context.Context, photo Photo, o EmbedOptions) (*facesvcv1.EmbedResponse, error) {
	request := &facesvcv1.EmbedRequest{
		Encoding: o.Encoding, FaceSelection: o.Face.Selection, RequireSingleFace: o.Face.RequireSingle,
	}
	if err := photo.into(request, ""); err != nil {
		return nil, err
	}
	return c.Faces.Embed(ctx, request)
}

// CompareOptions narrow a comparison; the zero value means the service's defaults.
type CompareOptions struct {
	// Threshold of the similarity; nil means the default.
	Threshold *float32
	// TargetFMR makes the threshold: the share of comparisons of different people that may match;
	// nil means Threshold's default.
	TargetFMR *float32
	// AllowUnrecognizable lets a face without an identity match; nil means the default.
	AllowUnrecognizable *bool
	// First and Second say which face of each photo is meant; nil means the one of the best quality.
	First, Second *facesvcv1.FaceSelection
	// RequireSingleFace refuses photos of several faces with AMBIGUOUS_FACE.
	RequireSingleFace bool
}

// Compare tells whether two photos show the same person, by the service's threshold.
func (c *Client) Compare(ctx context.Context, first, second Photo, o CompareOptions) (*facesvcv1.CompareResponse, error) {
	request := &facesvcv1.CompareRequest{
		Threshold: o.Threshold, TargetFmr: o.TargetFMR, AllowUnrecognizable: o.AllowUnrecognizable,
		FaceSelection_1: o.First, FaceSelection_2: o.Second, RequireSingleFace: o.RequireSingleFace,
	}
	if err := errors.Join(first.into(request, "_1"), second.into(request, "_2")); err != nil {
		return nil, err
	}
	return c.Faces.Compare(ctx, request)
}

// CheckLiveness tells whether the photo's best face looks live.
func (c *Client) CheckLiveness(ctx context.Context, photo Photo, o FaceOptions) (*facesvcv1.CheckLivenessResponse, error) {
	request := &facesvcv1.CheckLivenessRequest{
		FaceSelection: o.Selection, RequireSingleFace: o.RequireSingle,
	}
	if err := photo.into(request, ""); err != nil {
		return nil, err
	}
	return c.Faces.CheckLiveness(ctx, request)
}

// AnalyzeOptions say what is computed; the zero value means quality, attributes and liveness.
type AnalyzeOptions struct {
	Features []facesvcv1.AnalyzeRequest_Feature
	// Encoding of the embeddings, where they are asked for.
	Encoding facesvcv1.EmbeddingEncoding
}

// Analyze describes every face of the photo.
func (c *Client) Analyze(ctx context.Context, photo Photo, o AnalyzeOptions) (*facesvcv1.AnalyzeResponse, error) {
	request := &facesvcv1.AnalyzeRequest{Features: o.Features, Encoding: o.Encoding}
	if err := photo.into(request, ""); err != nil {
		return nil, err
	}
	return c.Faces.Analyze(ctx, request)
}

// errMixedBatch is BatchEmbed's word for what the contract cannot carry.
var errMixedBatch = errors.New("facesvc: the photos of a batch must all be bytes, URLs or aligned crops")

// BatchEmbed embeds each photo; one bad photo spoils only its own result.
func (c *Client) BatchEmbed(ctx context.Context, photos []Photo, o EmbedOptions) (*facesvcv1.BatchEmbedResponse, error) {
	request := &facesvcv1.BatchEmbedRequest{
		Encoding: o.Encoding, FaceSelection: o.Face.Selection, RequireSingleFace: o.Face.RequireSingle,
	}
	crops := 0
	for _, photo := range photos {
		if photo.embedding != nil {
			return nil, errNoEmbedding
		}
		if photo.aligned {
			request.Input = facesvcv1.InputKind_ALIGNED_CROP
			crops++
		}
		if photo.url != "" {
			request.ImageUrls = append(request.ImageUrls, photo.url)
		} else {
			request.Images = append(request.Images, photo.data)
		}
	}
	if len(request.ImageUrls) > 0 && len(request.Images) > 0 || crops > 0 && crops < len(photos) {
		return nil, errMixedBatch
	}
	return c.Faces.BatchEmbed(ctx, request)
}

// StreamEmbed embeds photos as they come and yields each answer when it is ready, in any order; its
// item_id is the photo's key. It ends with the first error of the call itself.
func (c *Client) StreamEmbed(ctx context.Context, photos iter.Seq2[string, Photo], o EmbedOptions) iter.Seq2[*facesvcv1.StreamEmbedResponse, error] {
	requests := func(yield func(*facesvcv1.StreamEmbedRequest, error) bool) {
		for id, photo := range photos {
			request := &facesvcv1.StreamEmbedRequest{
				ItemId: id, Encoding: o.Encoding,
				FaceSelection: o.Face.Selection, RequireSingleFace: o.Face.RequireSingle,
			}
			if !yield(request, photo.into(request, "")) {
				return
			}
		}
	}
	return exchange(ctx, c.Faces.StreamEmbed, requests)
}

// GetHealth tells what runs at the other end and how it is.
func (c *Client) GetHealth(ctx context.Context) (*facesvcv1.GetHealthResponse, error) {
	return c.Faces.GetHealth(ctx, &facesvcv1.GetHealthRequest{})
}
