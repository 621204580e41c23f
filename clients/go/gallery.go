package facesvc

import (
	"context"
	"crypto/rand"
	"iter"

	"google.golang.org/protobuf/types/known/structpb"

	facesvcv1 "github.com/facesvc/facesvc/clients/go/facesvc/v1"
)

// Enrollment is one photo of one person.
type Enrollment struct {
	UserID     string
	Photo      Photo
	Name       string
	Metadata   *structpb.Struct
	Collection string
	// Add keeps the user's earlier samples; otherwise they are replaced.
	Add bool
	// CheckLiveness and CheckDuplicate ask the service to reject a face that does not look live,
	// or that another user matches.
	CheckLiveness  bool
	CheckDuplicate bool
	// RequestID makes the enrolment safe to repeat; empty means a new one for this call.
	RequestID string
}

// Enroll stores a face. A face that the quality gate refuses is no error: the answer's success is
// false and its rejections say why.
func (c *Client) Enroll(ctx context.Context, e Enrollment) (*facesvcv1.EnrollResponse, error) {
	request := &facesvcv1.EnrollRequest{
		UserId:         e.UserID,
		Name:           e.Name,
		Metadata:       e.Metadata,
		Collection:     e.Collection,
		Mode:           facesvcv1.EnrollRequest_REPLACE,
		CheckLiveness:  e.CheckLiveness,
		CheckDuplicate: e.CheckDuplicate,
		RequestId:      orNewID(e.RequestID),
	}
	if e.Add {
		request.Mode = facesvcv1.EnrollRequest_ADD
	}
	if e.Photo.isURL() {
		request.Source = &facesvcv1.EnrollRequest_ImageUrl{ImageUrl: e.Photo.url}
	} else {
		request.Source = &facesvcv1.EnrollRequest_Image{Image: e.Photo.data}
	}
	return c.Gallery.Enroll(ctx, request)
}

// Delete removes every sample of a user.
func (c *Client) Delete(ctx context.Context, collection, userID string) (*facesvcv1.DeleteEnrollmentResponse, error) {
	return c.Gallery.DeleteEnrollment(ctx, &facesvcv1.DeleteEnrollmentRequest{
		UserId: userID, Collection: collection, RequestId: orNewID(""),
	})
}

// Users goes through the users of a collection in order of user_id. It ends with the first error.
func (c *Client) Users(ctx context.Context, collection string) iter.Seq2[*facesvcv1.EnrolledUser, error] {
	return func(yield func(*facesvcv1.EnrolledUser, error) bool) {
		request := &facesvcv1.ListGalleryRequest{Collection: collection}
		for {
			page, err := c.Gallery.ListGallery(ctx, request)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, user := range page.GetUsers() {
				if !yield(user, nil) {
					return
				}
			}
			if page.GetNextPageToken() == "" {
				return
			}
			request.PageToken = page.GetNextPageToken()
		}
	}
}

// SearchOptions narrows a search; the zero value means the service's defaults.
type SearchOptions struct {
	Collection string
	// TopK is the most matches, 1 to 10000; 0 means the default.
	TopK int32
	// Threshold of the similarity; nil means the default.
	Threshold *float32
	// MinVersion of the collection that the search must include: a write's version.
	MinVersion uint32
}

// Search finds the users who look most like the photo's best face.
func (c *Client) Search(ctx context.Context, photo Photo, o SearchOptions) (*facesvcv1.SearchResponse, error) {
	request := &facesvcv1.SearchRequest{
		Collection: o.Collection, Threshold: o.Threshold, MinVersion: o.MinVersion,
	}
	if o.TopK != 0 {
		request.TopK = &o.TopK
	}
	if photo.isURL() {
		request.Source = &facesvcv1.SearchRequest_ImageUrl{ImageUrl: photo.url}
	} else {
		request.Source = &facesvcv1.SearchRequest_Image{Image: photo.data}
	}
	return c.Gallery.Search(ctx, request)
}

// Verify tells whether the photo's best face is the user's.
func (c *Client) Verify(ctx context.Context, collection, userID string, photo Photo) (*facesvcv1.VerifyResponse, error) {
	request := &facesvcv1.VerifyRequest{UserId: userID, Collection: collection}
	if photo.isURL() {
		request.Source = &facesvcv1.VerifyRequest_ImageUrl{ImageUrl: photo.url}
	} else {
		request.Source = &facesvcv1.VerifyRequest_Image{Image: photo.data}
	}
	return c.Gallery.Verify(ctx, request)
}

// CheckInOptions narrows a check-in; the zero value means the service's defaults.
type CheckInOptions struct {
	// UserID that the person claims to be; empty means to search among all.
	UserID     string
	Collection string
	// Threshold of the similarity; nil means the default.
	Threshold *float32
	// ReviewBand below the threshold, and MinMargin to any other user, decide what a person should
	// look at; nil means the defaults.
	ReviewBand *float32
	MinMargin  *float32
	// SkipLiveness leaves out the liveness check.
	SkipLiveness bool
	// MinVersion of the collection that the decision must include: a write's version.
	MinVersion uint32
}

// CheckIn decides on a selfie: good enough, live, and whose face it is.
func (c *Client) CheckIn(ctx context.Context, photo Photo, o CheckInOptions) (*facesvcv1.CheckInResponse, error) {
	request := &facesvcv1.CheckInRequest{
		UserId: o.UserID, Collection: o.Collection, Threshold: o.Threshold, ReviewBand: o.ReviewBand,
		MinMargin: o.MinMargin, SkipLiveness: o.SkipLiveness, MinVersion: o.MinVersion,
	}
	if photo.isURL() {
		request.Source = &facesvcv1.CheckInRequest_ImageUrl{ImageUrl: photo.url}
	} else {
		request.Source = &facesvcv1.CheckInRequest_Image{Image: photo.data}
	}
	return c.Gallery.CheckIn(ctx, request)
}

// Identify finds out who is in a group photo.
func (c *Client) Identify(ctx context.Context, collection string, photo Photo) (*facesvcv1.IdentifyResponse, error) {
	request := &facesvcv1.IdentifyRequest{Collection: collection}
	if photo.isURL() {
		request.Source = &facesvcv1.IdentifyRequest_ImageUrl{ImageUrl: photo.url}
	} else {
		request.Source = &facesvcv1.IdentifyRequest_Image{Image: photo.data}
	}
	return c.Gallery.Identify(ctx, request)
}

// orNewID returns the id, or a new one that no other call has.
func orNewID(id string) string {
	if id != "" {
		return id
	}
	return rand.Text()
}
