package facesvc

import (
	"context"
	"crypto/rand"
	"fmt"
	"iter"

	"google.golang.org/protobuf/types/known/structpb"

	facesvcv1 "github.com/facesvc/facesvc/clients/go/facesvc/v1"
)

// Enrollment is one photo of one person.
type Enrollment struct {
	UserID string
	Photo  Photo
	Name   string
	// Metadata of the user: what encoding/json makes of JSON.
	Metadata   map[string]any
	Collection string
	// Add keeps the user's earlier samples; otherwise they are replaced.
	Add bool
	// CheckLiveness and CheckDuplicate ask the service to reject a face that does not look live,
	// or that another user matches.
	CheckLiveness  bool
	CheckDuplicate bool
	// CheckSamePerson refuses a face that is not like the user's earlier samples.
	CheckSamePerson bool
	// Face that is meant in a photo of several.
	Face FaceOptions
	// ExpectedVersion that the user must still have, 0 when it must not exist; nil means any.
	ExpectedVersion *uint32
	// RequestID makes the enrolment safe to repeat; empty means a new one for this call.
	RequestID string
}

func (e Enrollment) request() (*facesvcv1.EnrollRequest, error) {
	request := &facesvcv1.EnrollRequest{
		UserId:            e.UserID,
		Name:              e.Name,
		Collection:        e.Collection,
		Mode:              facesvcv1.EnrollRequest_REPLACE,
		CheckLiveness:     e.CheckLiveness,
		CheckDuplicate:    e.CheckDuplicate,
		CheckSamePerson:   e.CheckSamePerson,
		FaceSelection:     e.Face.Selection,
		RequireSingleFace: e.Face.RequireSingle,
		ExpectedVersion:   e.ExpectedVersion,
		RequestId:         orNewID(e.RequestID),
	}
	if e.Add {
		request.Mode = facesvcv1.EnrollRequest_ADD
	}
	if e.Metadata != nil {
		metadata, err := structpb.NewStruct(e.Metadata)
		if err != nil {
			return nil, fmt.Errorf("metadata of %q: %w", e.UserID, err)
		}
		request.Metadata = metadata
	}
	return request, e.Photo.into(request, "")
}

// Enroll stores a face. A face that the quality gate refuses is no error: the answer's success is
// false and its rejections say why.
func (c *Client) Enroll(ctx context.Context, e Enrollment) (*facesvcv1.EnrollResponse, error) {
	request, err := e.request()
	if err != nil {
		return nil, err
	}
	return c.Gallery.Enroll(ctx, request)
}

// StreamEnroll stores faces as they come and yields each answer when it is durable, in any order;
// its item_id is the enrolment's key. It ends with the first error of the call itself.
func (c *Client) StreamEnroll(ctx context.Context, items iter.Seq2[string, Enrollment]) iter.Seq2[*facesvcv1.StreamEnrollResponse, error] {
	requests := func(yield func(*facesvcv1.StreamEnrollRequest, error) bool) {
		for id, item := range items {
			request, err := item.request()
			if !yield(&facesvcv1.StreamEnrollRequest{ItemId: id, Enrollment: request}, err) {
				return
			}
		}
	}
	return exchange(ctx, c.Gallery.StreamEnroll, requests)
}

// UserOptions narrow a read of users; the zero value means the default collection as it is.
type UserOptions struct {
	Collection string
	// MinVersion of the collection that the read must include: a write's version.
	MinVersion uint32
}

// GetEnrollment tells what is known of a user.
func (c *Client) GetEnrollment(ctx context.Context, userID string, o UserOptions) (*facesvcv1.GetEnrollmentResponse, error) {
	return c.Gallery.GetEnrollment(ctx, &facesvcv1.GetEnrollmentRequest{
		UserId: userID, Collection: o.Collection, MinVersion: o.MinVersion,
	})
}

// GetEnrollmentWithSamples tells what is known of a user and of each of its samples.
func (c *Client) GetEnrollmentWithSamples(ctx context.Context, userID string, o UserOptions) (*facesvcv1.GetEnrollmentResponse, error) {
	return c.Gallery.GetEnrollment(ctx, &facesvcv1.GetEnrollmentRequest{
		UserId: userID, Collection: o.Collection, MinVersion: o.MinVersion, IncludeSamples: true,
	})
}

// ListSamples tells what is known of a user's samples, the oldest first.
func (c *Client) ListSamples(ctx context.Context, userID string, o UserOptions) (*facesvcv1.ListSamplesResponse, error) {
	return c.Gallery.ListSamples(ctx, &facesvcv1.ListSamplesRequest{
		UserId: userID, Collection: o.Collection, MinVersion: o.MinVersion,
	})
}

// ListOptions ask for one page; the zero value means the first of the default collection.
type ListOptions struct {
	Collection string
	PageSize   int32
	PageToken  string
	MinVersion uint32
	// Where chooses users by their metadata.
	Where Where
}

// ListGallery returns a page of users in order of user_id.
func (c *Client) ListGallery(ctx context.Context, o ListOptions) (*facesvcv1.ListGalleryResponse, error) {
	where, err := o.Where.conditions()
	if err != nil {
		return nil, err
	}
	return c.Gallery.ListGallery(ctx, &facesvcv1.ListGalleryRequest{
		Collection: o.Collection, PageSize: o.PageSize, PageToken: o.PageToken, MinVersion: o.MinVersion,
		Where: where,
	})
}

// Users goes through the users of a collection, page after page, in order of user_id. It ends with
// the first error.
func (c *Client) Users(ctx context.Context, o ListOptions) iter.Seq2[*facesvcv1.EnrolledUser, error] {
	return func(yield func(*facesvcv1.EnrolledUser, error) bool) {
		for {
			page, err := c.ListGallery(ctx, o)
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
			o.PageToken = page.GetNextPageToken()
		}
	}
}

// orNewID returns the id, or a new one that no other call has.
func orNewID(id string) string {
	if id != "" {
		return id
	}
	return rand.Text()
}
