package facesvc_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"reflect"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/reflect/protoreflect"

	facesvc "github.com/facesvc/facesvc/clients/go"
	facesvcv1 "github.com/facesvc/facesvc/clients/go/facesvc/v1"
	"github.com/facesvc/facesvc/clients/go/internal/fakeservice"
)

// Every call of the contract is a method of its own name.
func TestEveryCallIsAMethod(t *testing.T) {
	client := reflect.TypeFor[*facesvc.Client]()
	for _, file := range []protoreflect.FileDescriptor{
		facesvcv1.File_facesvc_v1_face_service_proto, facesvcv1.File_facesvc_v1_gallery_service_proto,
		facesvcv1.File_facesvc_v1_event_service_proto,
	} {
		for i := range file.Services().Len() {
			methods := file.Services().Get(i).Methods()
			for j := range methods.Len() {
				if name := string(methods.Get(j).Name()); !has(client, name) {
					t.Errorf("Client has no method %s", name)
				}
			}
		}
	}
}

func has(client reflect.Type, name string) bool {
	_, found := client.MethodByName(name)
	return found
}

// An address that cannot be one of gRPC is told at once, not at the first call.
func TestDialRefusesWhatIsNoAddress(t *testing.T) {
	for target, reason := range map[string]string{
		"":                      "no address",
		"http://127.0.0.1:8000": "address of REST",
		"https://example.org":   "address of REST",
		"localhost":             "has no port",
		"localhost:":            "has no port",
	} {
		client, err := facesvc.Dial(target)
		if client != nil || err == nil || !strings.Contains(err.Error(), reason) {
			t.Errorf("Dial(%q) gave %v", target, err)
		}
	}
	for _, target := range []string{"127.0.0.1:1", "[::1]:1", "dns:///faces:50051", "unix:/run/faces"} {
		client, err := facesvc.Dial(target)
		if err != nil {
			t.Errorf("Dial(%q) gave %v", target, err)
			continue
		}
		_ = client.Close()
	}
}

// Metadata is what encoding/json makes; what JSON cannot hold is told before anything is sent.
func TestMetadataIsAMap(t *testing.T) {
	var got *facesvcv1.EnrollRequest
	client := dial(t, &fakeservice.Gallery{
		OnEnroll: func(r *facesvcv1.EnrollRequest) (*facesvcv1.EnrollResponse, error) {
			got = r
			return &facesvcv1.EnrollResponse{Success: true}, nil
		},
	})
	enrollment := facesvc.Enrollment{UserID: "anna", Metadata: map[string]any{"room": 7, "tags": []any{"a"}}}
	if _, err := client.Enroll(t.Context(), enrollment); err != nil {
		t.Fatal(err)
	}
	if room := got.GetMetadata().GetFields()["room"].GetNumberValue(); room != 7 {
		t.Fatalf("got %v", got.GetMetadata())
	}
	got, enrollment.Metadata = nil, map[string]any{"room": make(chan int)}
	if _, err := client.Enroll(t.Context(), enrollment); err == nil || got != nil {
		t.Fatalf("%v, sent %v", err, got)
	}
}

// Settings change by name; without names those that have a value.
func TestSettingsChangeByName(t *testing.T) {
	var got *facesvcv1.SetCollectionRequest
	client := dial(t, &fakeservice.Gallery{
		OnSet: func(r *facesvcv1.SetCollectionRequest) (*facesvcv1.SetCollectionResponse, error) {
			got = r
			return &facesvcv1.SetCollectionResponse{Collection: r.GetCollection()}, nil
		},
	})
	threshold, version := float32(0.5), uint32(3)
	change := facesvc.SettingsChange{
		Collection: "door", Settings: &facesvcv1.CollectionSettings{MatchThreshold: &threshold}, ExpectedVersion: &version,
	}
	if _, err := client.SetCollection(t.Context(), change); err != nil {
		t.Fatal(err)
	}
	if got.GetUpdateMask() != nil || got.GetSettings().GetMatchThreshold() != 0.5 || got.GetExpectedSettingsVersion() != 3 {
		t.Fatalf("got %v", got)
	}
	change = facesvc.SettingsChange{Names: []string{"description"}}
	if _, err := client.SetCollection(t.Context(), change); err != nil {
		t.Fatal(err)
	}
	if paths := got.GetUpdateMask().GetPaths(); len(paths) != 1 || paths[0] != "description" || got.ExpectedSettingsVersion != nil {
		t.Fatalf("got %v", got)
	}
}

// An update sends what is to change and no more; whatever changes users has a request id of its own.
func TestUpdateNamesWhatChanges(t *testing.T) {
	var got *facesvcv1.UpdateUserRequest
	var merged *facesvcv1.MergeUsersRequest
	client := dial(t, &fakeservice.Gallery{
		OnUpdate: func(r *facesvcv1.UpdateUserRequest) (*facesvcv1.UpdateUserResponse, error) {
			got = r
			return &facesvcv1.UpdateUserResponse{}, nil
		},
		OnMerge: func(r *facesvcv1.MergeUsersRequest) (*facesvcv1.MergeUsersResponse, error) {
			merged = r
			return &facesvcv1.MergeUsersResponse{}, nil
		},
	})
	name, none := "Anna", map[string]any{}
	if _, err := client.UpdateUser(t.Context(), "anna", facesvc.UserChanges{Name: &name}, facesvc.EditOptions{}); err != nil {
		t.Fatal(err)
	}
	first := got.GetRequestId()
	if paths := got.GetUpdateMask().GetPaths(); len(paths) != 1 || paths[0] != "name" || got.GetName() != "Anna" || first == "" {
		t.Fatalf("got %v", got)
	}
	if _, err := client.UpdateUser(t.Context(), "anna", facesvc.UserChanges{Metadata: &none}, facesvc.EditOptions{}); err != nil {
		t.Fatal(err)
	}
	if paths := got.GetUpdateMask().GetPaths(); len(paths) != 1 || paths[0] != "metadata" || got.GetRequestId() == first {
		t.Fatalf("got %v", got)
	}
	version := uint32(7)
	options := facesvc.MergeOptions{ExpectedSourceVersion: &version}
	options.RequestID = "r1"
	if _, err := client.MergeUsers(t.Context(), "anna", "anne", options); err != nil {
		t.Fatal(err)
	}
	if merged.GetSourceUserId() != "anne" || merged.GetRequestId() != "r1" || merged.GetExpectedSourceVersion() != 7 {
		t.Fatalf("got %v", merged)
	}
}

// A photo goes into the field of its kind, whatever the request; an embedding only where it is taken.
func TestPhotosGoIntoTheirField(t *testing.T) {
	var got *facesvcv1.SearchRequest
	client := dial(t, &fakeservice.Gallery{
		OnSearch: func(_ context.Context, r *facesvcv1.SearchRequest) (*facesvcv1.SearchResponse, error) {
			got = r
			return &facesvcv1.SearchResponse{}, nil
		},
	})
	for _, photo := range []facesvc.Photo{
		facesvc.PhotoBytes([]byte("jpeg")), facesvc.PhotoURL("https://example.org/a.jpg"), facesvc.EmbeddedPhoto([]float32{1}, "model"),
	} {
		if _, err := client.Search(t.Context(), photo, facesvc.SearchOptions{}); err != nil {
			t.Fatal(err)
		}
		sent := string(got.GetImage()) + got.GetImageUrl() + got.GetEmbedding().GetModel()
		if sent != "jpeg" && sent != "https://example.org/a.jpg" && sent != "model" {
			t.Fatalf("got %v", got)
		}
	}
	if _, err := client.Embed(t.Context(), facesvc.EmbeddedPhoto([]float32{1}, "model"), facesvc.EmbedOptions{}); err == nil {
		t.Fatal("an embedding was embedded")
	}
}

// A crop says what it is, on its side of a comparison and for all of a batch; calls that need the
// whole photo do not send it.
func TestCropsSayWhatTheyAre(t *testing.T) {
	var searched *facesvcv1.SearchRequest
	client := dial(t, &fakeservice.Gallery{
		OnSearch: func(_ context.Context, r *facesvcv1.SearchRequest) (*facesvcv1.SearchResponse, error) {
			searched = r
			return &facesvcv1.SearchResponse{}, nil
		},
	})
	crop, photo := facesvc.AlignedCrop([]byte("png")), facesvc.PhotoBytes([]byte("jpeg"))
	for sent, input := range map[*facesvc.Photo]facesvcv1.InputKind{
		&crop: facesvcv1.InputKind_ALIGNED_CROP, &photo: facesvcv1.InputKind_INPUT_KIND_UNSPECIFIED,
	} {
		if _, err := client.Search(t.Context(), *sent, facesvc.SearchOptions{}); err != nil {
			t.Fatal(err)
		}
		if searched.GetInput() != input {
			t.Fatalf("got %v, want %v", searched.GetInput(), input)
		}
	}
	searched = nil
	if _, err := client.Analyze(t.Context(), crop, facesvc.AnalyzeOptions{}); err == nil {
		t.Fatal("a crop was analyzed")
	}
	if _, err := client.BatchEmbed(t.Context(), []facesvc.Photo{crop, photo}, facesvc.EmbedOptions{}); err == nil {
		t.Fatal("a batch was mixed")
	}
}

// Answers come while requests are still being made; a request that cannot be made ends the call.
func TestStreamsAnswerWhileTheyAreFed(t *testing.T) {
	client := dial(t, &fakeservice.Gallery{OnStream: func(
		stream grpc.BidiStreamingServer[facesvcv1.StreamEnrollRequest, facesvcv1.StreamEnrollResponse],
	) error {
		for {
			request, err := stream.Recv()
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err != nil {
				return err
			}
			if err := stream.Send(&facesvcv1.StreamEnrollResponse{ItemId: request.GetItemId()}); err != nil {
				return err
			}
		}
	}})
	answered := make(chan string)
	items := func(yield func(string, facesvc.Enrollment) bool) {
		for _, id := range []string{"1", "2", "3"} {
			if !yield(id, facesvc.Enrollment{UserID: id}) || <-answered != id {
				return
			}
		}
	}
	count := 0
	for answer, err := range client.StreamEnroll(t.Context(), items) {
		if err != nil {
			t.Fatal(err)
		}
		count++
		answered <- answer.GetItemId()
	}
	if count != 3 {
		t.Fatalf("%d answers", count)
	}
	bad := maps.All(map[string]facesvc.Enrollment{"1": {Metadata: map[string]any{"a": make(chan int)}}})
	for _, err := range client.StreamEnroll(t.Context(), bad) {
		if err == nil || !strings.Contains(err.Error(), "metadata") {
			t.Fatalf("got %v", err)
		}
	}
}

// An archive is written and read as chunks; a service that ends early is told.
func TestArchivesAreStreams(t *testing.T) {
	archive := bytes.Repeat([]byte("archive"), 300_000) // three messages
	var stored bytes.Buffer
	client := dial(t, &fakeservice.Gallery{
		OnExport: func(stream grpc.ServerStreamingServer[facesvcv1.ExportGalleryResponse]) error {
			for _, chunk := range [][]byte{archive[:1000], archive[1000:]} {
				if err := stream.Send(&facesvcv1.ExportGalleryResponse{Chunk: chunk}); err != nil {
					return err
				}
			}
			return nil
		},
		OnImport: func(stream grpc.BidiStreamingServer[facesvcv1.ImportGalleryRequest, facesvcv1.ImportGalleryResponse]) error {
			for {
				request, err := stream.Recv()
				if errors.Is(err, io.EOF) {
					return stream.Send(&facesvcv1.ImportGalleryResponse{Done: stored.Len() == len(archive)})
				}
				if err != nil {
					return err
				}
				stored.Write(request.GetChunk())
			}
		},
	})
	var file bytes.Buffer
	written, err := client.ExportGallery(t.Context(), &file, facesvc.ArchiveOptions{})
	if err != nil || written != int64(len(archive)) || !bytes.Equal(file.Bytes(), archive) {
		t.Fatalf("%d bytes, %v", written, err)
	}
	if _, err = client.ImportGallery(t.Context(), &file, facesvc.ArchiveOptions{}); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(stored.Bytes(), archive) {
		t.Fatal("another archive arrived")
	}
	if _, err = client.ImportGallery(t.Context(), strings.NewReader("cut"), facesvc.ArchiveOptions{}); err == nil {
		t.Fatal("an import that was not done is no success")
	}
}
