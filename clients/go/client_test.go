package facesvc_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	facesvc "github.com/facesvc/facesvc/clients/go"
	facesvcv1 "github.com/facesvc/facesvc/clients/go/facesvc/v1"
	"github.com/facesvc/facesvc/clients/go/internal/fakeservice"
)

var quick = facesvc.RetryPolicy{MaxAttempts: 3, BaseDelay: time.Millisecond, MaxDelay: 50 * time.Millisecond}

func dial(t *testing.T, gallery *fakeservice.Gallery, options ...facesvc.Option) *facesvc.Client {
	t.Helper()
	client, err := facesvc.Dial(fakeservice.Start(t, gallery), options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// A write whose answer may be lost is repeated under one request_id, so it happens once.
func TestEnrollRepeatsUnderOneRequestID(t *testing.T) {
	var ids []string
	client := dial(t, &fakeservice.Gallery{
		OnEnroll: func(r *facesvcv1.EnrollRequest) (*facesvcv1.EnrollResponse, error) {
			ids = append(ids, r.GetRequestId())
			if len(ids) < 3 {
				return nil, status.Error(codes.Unavailable, "going away")
			}
			return &facesvcv1.EnrollResponse{Success: true}, nil
		},
	}, facesvc.WithRetry(quick))
	answer, err := client.Enroll(t.Context(), facesvc.Enrollment{UserID: "anna"})
	if err != nil || !answer.GetSuccess() {
		t.Fatalf("got %v, %v", answer, err)
	}
	if len(ids) != 3 || ids[0] == "" || ids[0] != ids[1] || ids[1] != ids[2] {
		t.Fatalf("request ids of the tries: %q", ids)
	}
	if _, err = client.Enroll(t.Context(), facesvc.Enrollment{UserID: "anna"}); err != nil {
		t.Fatal(err)
	}
	if ids[3] == ids[0] {
		t.Fatal("another enrolment got the same request_id")
	}
}

// An overloaded service says when to come back, and the client waits that long.
func TestOverloadIsTriedAgainAfterTheDelayThatTheServiceAsks(t *testing.T) {
	const asked = 40 * time.Millisecond
	var tries atomic.Int32
	client := dial(t, &fakeservice.Gallery{
		OnSearch: func(context.Context, *facesvcv1.SearchRequest) (*facesvcv1.SearchResponse, error) {
			if tries.Add(1) == 1 {
				return nil, fakeservice.Refusal(codes.ResourceExhausted, facesvcv1.ErrorReason_OVERLOADED, asked)
			}
			return &facesvcv1.SearchResponse{}, nil
		},
	}, facesvc.WithRetry(quick))
	began := time.Now()
	if _, err := client.Search(t.Context(), facesvc.PhotoBytes(nil), facesvc.SearchOptions{}); err != nil {
		t.Fatal(err)
	}
	if waited := time.Since(began); tries.Load() != 2 || waited < asked {
		t.Fatalf("%d tries after %v", tries.Load(), waited)
	}
}

// What will fail again is not tried again, and its reason is told.
func TestRefusalsAreNotRepeated(t *testing.T) {
	for name, refusal := range map[string]error{
		"bad input": fakeservice.Refusal(codes.InvalidArgument, facesvcv1.ErrorReason_NO_FACE, 0),
		"too large": fakeservice.Refusal(codes.ResourceExhausted, facesvcv1.ErrorReason_NO_FACE, 0),
	} {
		t.Run(name, func(t *testing.T) {
			var tries atomic.Int32
			client := dial(t, &fakeservice.Gallery{
				OnSearch: func(context.Context, *facesvcv1.SearchRequest) (*facesvcv1.SearchResponse, error) {
					tries.Add(1)
					return nil, refusal
				},
			}, facesvc.WithRetry(quick))
			_, err := client.Search(t.Context(), facesvc.PhotoURL("https://example.org/a.jpg"), facesvc.SearchOptions{})
			if facesvc.Reason(err) != facesvcv1.ErrorReason_NO_FACE || tries.Load() != 1 {
				t.Fatalf("%v after %d tries", err, tries.Load())
			}
		})
	}
}

// Attempts are bounded, and so is the time: no wait that the caller's deadline would cut.
func TestRetriesEnd(t *testing.T) {
	var tries atomic.Int32
	gallery := &fakeservice.Gallery{
		OnSearch: func(context.Context, *facesvcv1.SearchRequest) (*facesvcv1.SearchResponse, error) {
			tries.Add(1)
			return nil, status.Error(codes.Unavailable, "down")
		},
	}
	client := dial(t, gallery, facesvc.WithRetry(quick))
	_, err := client.Search(t.Context(), facesvc.PhotoBytes(nil), facesvc.SearchOptions{})
	if status.Code(err) != codes.Unavailable || int(tries.Load()) != quick.MaxAttempts {
		t.Fatalf("%v after %d tries", err, tries.Load())
	}

	patient := facesvc.RetryPolicy{MaxAttempts: 9, BaseDelay: time.Minute, MaxDelay: time.Minute}
	client = dial(t, gallery, facesvc.WithRetry(patient))
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	began := time.Now()
	_, err = client.Search(ctx, facesvc.PhotoBytes(nil), facesvc.SearchOptions{})
	if status.Code(err) != codes.Unavailable || time.Since(began) > 4*time.Second {
		t.Fatalf("%v after %v", err, time.Since(began))
	}
}

// Users reads page after page.
func TestUsersReadsEveryPage(t *testing.T) {
	client := dial(t, &fakeservice.Gallery{
		OnList: func(r *facesvcv1.ListGalleryRequest) (*facesvcv1.ListGalleryResponse, error) {
			next := map[string]string{"": "2", "2": "3", "3": ""}[r.GetPageToken()]
			return &facesvcv1.ListGalleryResponse{
				Users:         []*facesvcv1.EnrolledUser{{UserId: "page" + r.GetPageToken()}},
				NextPageToken: next,
			}, nil
		},
	})
	var got []string
	for user, err := range client.Users(t.Context(), facesvc.ListOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, user.GetUserId())
	}
	if len(got) != 3 || got[2] != "page3" {
		t.Fatalf("got %q", got)
	}
}

// The API key goes with every call.
func TestAPIKeyIsSent(t *testing.T) {
	var key []string
	client := dial(t, &fakeservice.Gallery{
		OnSearch: func(ctx context.Context, _ *facesvcv1.SearchRequest) (*facesvcv1.SearchResponse, error) {
			key = metadata.ValueFromIncomingContext(ctx, "x-api-key")
			return &facesvcv1.SearchResponse{}, nil
		},
	}, facesvc.WithAPIKey("secret"))
	if _, err := client.Search(t.Context(), facesvc.PhotoBytes(nil), facesvc.SearchOptions{}); err != nil {
		t.Fatal(err)
	}
	if len(key) != 1 || key[0] != "secret" {
		t.Fatalf("got %q", key)
	}
}
