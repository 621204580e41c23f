package facesvc_test

import (
	"context"
	"net"
	"slices"
	"testing"

	"google.golang.org/grpc"

	facesvc "github.com/facesvc/facesvc/clients/go"
	facesvcv1 "github.com/facesvc/facesvc/clients/go/facesvc/v1"
)

type eventServer struct {
	facesvcv1.UnimplementedEventServiceServer
	streamed *facesvcv1.StreamEventsRequest
	listed   *facesvcv1.ListEventsRequest
	replayed *facesvcv1.ReplayDeadLettersRequest
}

func (s *eventServer) StreamEvents(r *facesvcv1.StreamEventsRequest, out grpc.ServerStreamingServer[facesvcv1.StreamEventsResponse]) error {
	s.streamed = r
	for _, id := range []string{"a", "b"} {
		if err := out.Send(&facesvcv1.StreamEventsResponse{Event: &facesvcv1.Event{Id: id}}); err != nil {
			return err
		}
	}
	return out.Send(&facesvcv1.StreamEventsResponse{Cursor: "c2"})
}

func (s *eventServer) ListEvents(_ context.Context, r *facesvcv1.ListEventsRequest) (*facesvcv1.ListEventsResponse, error) {
	s.listed = r
	return &facesvcv1.ListEventsResponse{Cursor: "c1"}, nil
}

func (s *eventServer) ListDeadLetters(_ context.Context, r *facesvcv1.ListDeadLettersRequest) (*facesvcv1.ListDeadLettersResponse, error) {
	return &facesvcv1.ListDeadLettersResponse{DeadLetters: []*facesvcv1.DeadLetter{{LetterId: "7", Endpoint: r.GetEndpoint()}}}, nil
}

func (s *eventServer) ReplayDeadLetters(_ context.Context, r *facesvcv1.ReplayDeadLettersRequest) (*facesvcv1.ReplayDeadLettersResponse, error) {
	s.replayed = r
	return &facesvcv1.ReplayDeadLettersResponse{Replayed: int32(len(r.GetLetterIds()))}, nil
}

// Events are yielded until the server ends the stream, which is no error; options and ids go along.
func TestEvents(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	fake := &eventServer{}
	server := grpc.NewServer()
	facesvcv1.RegisterEventServiceServer(server, fake)
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)
	client, err := facesvc.Dial(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	wanted := facesvc.EventOptions{Cursor: "c1", Collection: "staff", Kinds: []string{"user.*"}, OnlyNew: true}
	var ids []string
	cursor := ""
	for told, err := range client.StreamEvents(t.Context(), wanted) {
		if err != nil {
			t.Fatal(err)
		}
		if told.GetEvent() != nil {
			ids = append(ids, told.GetEvent().GetId())
		}
		if told.GetCursor() != "" {
			cursor = told.GetCursor()
		}
	}
	if !slices.Equal(ids, []string{"a", "b"}) || cursor != "c2" {
		t.Errorf("ids %v, cursor %q", ids, cursor)
	}
	if r := fake.streamed; r.GetCursor() != "c1" || r.GetCollection() != "staff" || !r.GetOnlyNew() || len(r.GetKinds()) != 1 {
		t.Errorf("asked %v", r)
	}
	page, err := client.ListEvents(t.Context(), 5, wanted)
	if err != nil || page.GetCursor() != "c1" || fake.listed.GetPageSize() != 5 {
		t.Errorf("page %v, %v", page, err)
	}
	letters, err := client.ListDeadLetters(t.Context(), "hr", "")
	if err != nil || letters.GetDeadLetters()[0].GetEndpoint() != "hr" {
		t.Errorf("letters %v, %v", letters, err)
	}
	replayed, err := client.ReplayDeadLetters(t.Context(), "hr", "7")
	if err != nil || replayed.GetReplayed() != 1 || fake.replayed.GetEndpoint() != "hr" {
		t.Errorf("replayed %v, %v", replayed, err)
	}
}
