package facesvc

import (
	"context"

	facesvcv1 "github.com/facesvc/facesvc/clients/go/facesvc/v1"
)

// DeleteOptions narrow a deletion; the zero value means any version in the default collection.
type DeleteOptions struct {
	Collection string
	// ExpectedVersion that the user must still have; nil means any.
	ExpectedVersion *uint32
	// RequestID makes the deletion safe to repeat; empty means a new one for this call.
	RequestID string
}

// DeleteEnrollment removes every sample of a user.
func (c *Client) DeleteEnrollment(ctx context.Context, userID string, o DeleteOptions) (*facesvcv1.DeleteEnrollmentResponse, error) {
	return c.Gallery.DeleteEnrollment(ctx, &facesvcv1.DeleteEnrollmentRequest{
		UserId: userID, Collection: o.Collection, ExpectedVersion: o.ExpectedVersion,
		RequestId: orNewID(o.RequestID),
	})
}

// Users who are to be deleted: exactly one of UserIDs, at most 1000, and Where.
type Users struct {
	UserIDs    []string
	Where      Where
	Collection string
}

// DeleteUsersOptions of DeleteUsers.
type DeleteUsersOptions struct {
	// RequestID makes the deletion safe to repeat; empty means a new one for this call.
	RequestID string
	// DryRun removes nobody and tells who would be removed, a page of PageSize after PageToken.
	DryRun    bool
	PageSize  int32
	PageToken string
}

// DeleteUsers removes users by a list or by a filter, each on its own. Where more than 1000 are
// chosen, the answer counts those who are left: call it again for them.
func (c *Client) DeleteUsers(ctx context.Context, users Users, o DeleteUsersOptions) (*facesvcv1.DeleteUsersResponse, error) {
	where, err := users.Where.conditions()
	if err != nil {
		return nil, err
	}
	return c.Gallery.DeleteUsers(ctx, &facesvcv1.DeleteUsersRequest{
		UserIds: users.UserIDs, Where: where, Collection: users.Collection,
		RequestId: orNewID(o.RequestID), DryRun: o.DryRun, PageSize: o.PageSize, PageToken: o.PageToken,
	})
}
