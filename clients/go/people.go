package facesvc

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/types/known/fieldmaskpb"
	"google.golang.org/protobuf/types/known/structpb"

	facesvcv1 "github.com/facesvc/facesvc/clients/go/facesvc/v1"
)

// EditOptions narrow a change of a user; the zero value means any version in the default collection.
type EditOptions struct {
	Collection string
	// ExpectedVersion that the user must still have; nil means any.
	ExpectedVersion *uint32
	// RequestID makes the change safe to repeat; empty means a new one for this call.
	RequestID string
}

// UserChanges say what is to change; nil leaves what there is.
type UserChanges struct {
	Name *string
	// Metadata in place of the earlier one, whole; a pointer to an empty map clears it.
	Metadata *map[string]any
}

// UpdateUser changes a user's name or metadata.
func (c *Client) UpdateUser(ctx context.Context, userID string, changes UserChanges, o EditOptions) (*facesvcv1.UpdateUserResponse, error) {
	request := &facesvcv1.UpdateUserRequest{
		UserId: userID, UpdateMask: &fieldmaskpb.FieldMask{}, Collection: o.Collection,
		ExpectedVersion: o.ExpectedVersion, RequestId: orNewID(o.RequestID),
	}
	if changes.Name != nil {
		request.Name = *changes.Name
		request.UpdateMask.Paths = append(request.UpdateMask.Paths, "name")
	}
	if changes.Metadata != nil {
		metadata, err := structpb.NewStruct(*changes.Metadata)
		if err != nil {
			return nil, fmt.Errorf("metadata of %q: %w", userID, err)
		}
		request.Metadata = metadata
		request.UpdateMask.Paths = append(request.UpdateMask.Paths, "metadata")
	}
	return c.Gallery.UpdateUser(ctx, request)
}

// DeleteSample removes one sample of a user who has others.
func (c *Client) DeleteSample(ctx context.Context, userID, sampleID string, o EditOptions) (*facesvcv1.DeleteSampleResponse, error) {
	return c.Gallery.DeleteSample(ctx, &facesvcv1.DeleteSampleRequest{
		UserId: userID, SampleId: sampleID, Collection: o.Collection,
		ExpectedVersion: o.ExpectedVersion, RequestId: orNewID(o.RequestID),
	})
}

// MoveOptions narrow a move of a sample.
type MoveOptions struct {
	EditOptions
	// CreateTarget makes the target when it does not exist.
	CreateTarget bool
}

// MoveSample makes one sample of a user the target's.
func (c *Client) MoveSample(ctx context.Context, userID, sampleID, targetUserID string, o MoveOptions) (*facesvcv1.MoveSampleResponse, error) {
	return c.Gallery.MoveSample(ctx, &facesvcv1.MoveSampleRequest{
		UserId: userID, SampleId: sampleID, TargetUserId: targetUserID, CreateTarget: o.CreateTarget,
		Collection: o.Collection, ExpectedVersion: o.ExpectedVersion, RequestId: orNewID(o.RequestID),
	})
}

// MergeOptions narrow a merge; ExpectedVersion is that of the user who stays.
type MergeOptions struct {
	EditOptions
	// ExpectedSourceVersion that the source must still have; nil means any.
	ExpectedSourceVersion *uint32
}

// MergeUsers makes all samples of the source the user's; the source is gone then.
func (c *Client) MergeUsers(ctx context.Context, userID, sourceUserID string, o MergeOptions) (*facesvcv1.MergeUsersResponse, error) {
	return c.Gallery.MergeUsers(ctx, &facesvcv1.MergeUsersRequest{
		UserId: userID, SourceUserId: sourceUserID, Collection: o.Collection,
		ExpectedVersion: o.ExpectedVersion, ExpectedSourceVersion: o.ExpectedSourceVersion,
		RequestId: orNewID(o.RequestID),
	})
}
