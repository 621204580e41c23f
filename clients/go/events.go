package facesvc

import (
	"context"
	"iter"

	"google.golang.org/grpc"

	facesvcv1 "github.com/facesvc/facesvc/clients/go/facesvc/v1"
)

// EventOptions say which events are wanted, and from where.
type EventOptions struct {
	// Cursor of an earlier answer; empty means the oldest event that there is.
	Cursor string
	// Collection or alias; empty means all.
	Collection string
	// Kinds such as "user.deleted", or "user.*"; none means all.
	Kinds []string
	// OnlyNew with an empty Cursor leaves out what was before.
	OnlyNew bool
}

// ListEvents tells the next events behind a cursor, at most pageSize; 0 is the service's default.
func (c *Client) ListEvents(ctx context.Context, pageSize int, o EventOptions) (*facesvcv1.ListEventsResponse, error) {
	return c.Events.ListEvents(ctx, &facesvcv1.ListEventsRequest{
		Cursor: o.Cursor, Collection: o.Collection, Kinds: o.Kinds, OnlyNew: o.OnlyNew, PageSize: int32(pageSize),
	})
}

// StreamEvents yields the events behind a cursor, then each new one as it happens. An answer may
// lack an event; keep the last cursor that is not empty. It ends without an error when the server
// does: go on with that cursor. Leaving the loop ends the call.
func (c *Client) StreamEvents(ctx context.Context, o EventOptions) iter.Seq2[*facesvcv1.StreamEventsResponse, error] {
	return answers(ctx, func(ctx context.Context) (grpc.ServerStreamingClient[facesvcv1.StreamEventsResponse], error) {
		return c.Events.StreamEvents(ctx, &facesvcv1.StreamEventsRequest{
			Cursor: o.Cursor, Collection: o.Collection, Kinds: o.Kinds, OnlyNew: o.OnlyNew,
		})
	})
}

// ListDeadLetters pages through what webhook endpoints did not take; empty for all endpoints.
func (c *Client) ListDeadLetters(ctx context.Context, endpoint, pageToken string) (*facesvcv1.ListDeadLettersResponse, error) {
	return c.Events.ListDeadLetters(ctx, &facesvcv1.ListDeadLettersRequest{
		Endpoint: endpoint, PageToken: pageToken,
	})
}

// ReplayDeadLetters has these letters sent again, or with none all of the endpoint's.
func (c *Client) ReplayDeadLetters(ctx context.Context, endpoint string, letterIDs ...string) (*facesvcv1.ReplayDeadLettersResponse, error) {
	return c.Events.ReplayDeadLetters(ctx, &facesvcv1.ReplayDeadLettersRequest{
		Endpoint: endpoint, LetterIds: letterIDs,
	})
}
