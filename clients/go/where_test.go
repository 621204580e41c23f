package facesvc_test

import (
	"context"
	"slices"
	"testing"

	"google.golang.org/grpc"

	facesvc "github.com/facesvc/facesvc/clients/go"
	facesvcv1 "github.com/facesvc/facesvc/clients/go/facesvc/v1"
	"github.com/facesvc/facesvc/clients/go/internal/fakeservice"
)

// A filter's values keep their kind: a text that looks like a number stays one.
func TestFiltersAreSentAsJSON(t *testing.T) {
	want := []string{`"a=b"="x"`, `"badge"="42"`, `"floor"=3`, `"remote"=true`}
	where := facesvc.Where{"floor": 3, "badge": "42", "remote": true, "a=b": "x"}
	var got [][]string
	client := dial(t, &fakeservice.Gallery{
		OnSearch: func(_ context.Context, r *facesvcv1.SearchRequest) (*facesvcv1.SearchResponse, error) {
			got = append(got, r.GetWhere())
			return &facesvcv1.SearchResponse{}, nil
		},
		OnCheck: func(r *facesvcv1.CheckInRequest) (*facesvcv1.CheckInResponse, error) {
			got = append(got, r.GetWhere())
			return &facesvcv1.CheckInResponse{}, nil
		},
		OnList: func(r *facesvcv1.ListGalleryRequest) (*facesvcv1.ListGalleryResponse, error) {
			got = append(got, r.GetWhere())
			return &facesvcv1.ListGalleryResponse{}, nil
		},
		OnDelete: func(r *facesvcv1.DeleteUsersRequest) (*facesvcv1.DeleteUsersResponse, error) {
			if r.GetRequestId() == "" || !r.GetDryRun() {
				t.Errorf("DeleteUsers was asked %v", r)
			}
			got = append(got, r.GetWhere())
			return &facesvcv1.DeleteUsersResponse{}, nil
		},
	})
	photo, ctx := facesvc.PhotoBytes([]byte("x")), t.Context()
	_, search := client.Search(ctx, photo, facesvc.SearchOptions{Where: where})
	_, checkIn := client.CheckIn(ctx, photo, facesvc.CheckInOptions{Where: where})
	_, list := client.ListGallery(ctx, facesvc.ListOptions{Where: where})
	_, remove := client.DeleteUsers(ctx, facesvc.Users{Where: where}, facesvc.DeleteUsersOptions{DryRun: true})
	for _, err := range []error{search, checkIn, list, remove} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, conditions := range got {
		if !slices.Equal(conditions, want) {
			t.Errorf("sent %q", conditions)
		}
	}
	if len(got) != 4 {
		t.Errorf("%d calls were made", len(got))
	}
}

// What JSON cannot hold is told before anything is sent.
func TestFilterOfWhatIsNoJSONIsRefused(t *testing.T) {
	client := dial(t, &fakeservice.Gallery{})
	where := facesvc.Where{"floor": make(chan int)}
	if _, err := client.Search(t.Context(), facesvc.PhotoBytes([]byte("x")), facesvc.SearchOptions{Where: where}); err == nil {
		t.Error("a channel was sent")
	}
}

// comparing remembers what Compare was asked.
type comparing struct {
	facesvcv1.FaceServiceClient
	asked *facesvcv1.CompareRequest
}

func (c *comparing) Compare(_ context.Context, r *facesvcv1.CompareRequest, _ ...grpc.CallOption) (*facesvcv1.CompareResponse, error) {
	c.asked = r
	return &facesvcv1.CompareResponse{}, nil
}

// Compare says which face of each photo it means.
func TestCompareSelectsAFaceOfEachPhoto(t *testing.T) {
	faces := &comparing{}
	client := dial(t, &fakeservice.Gallery{})
	client.Faces = faces
	first := &facesvcv1.FaceSelection{Rule: facesvcv1.FaceSelection_LARGEST}
	second := &facesvcv1.FaceSelection{Near: []float32{1, 2}}
	photo := facesvc.PhotoBytes([]byte("x"))
	options := facesvc.CompareOptions{First: first, Second: second, RequireSingleFace: true}
	if _, err := client.Compare(t.Context(), photo, photo, options); err != nil {
		t.Fatal(err)
	}
	got := faces.asked
	if got.GetFaceSelection_1().GetRule() != first.GetRule() ||
		!slices.Equal(got.GetFaceSelection_2().GetNear(), second.GetNear()) || !got.GetRequireSingleFace() {
		t.Errorf("sent %v", got)
	}
}
