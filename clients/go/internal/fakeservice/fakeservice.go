// Package fakeservice is an in-memory service for the client's tests.
package fakeservice

import (
	"context"
	"net"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/types/known/durationpb"

	facesvcv1 "github.com/facesvc/facesvc/clients/go/facesvc/v1"
)

// Gallery answers each call by the function of its name.
type Gallery struct {
	facesvcv1.UnimplementedGalleryServiceServer
	OnEnroll func(*facesvcv1.EnrollRequest) (*facesvcv1.EnrollResponse, error)
	OnSearch func(context.Context, *facesvcv1.SearchRequest) (*facesvcv1.SearchResponse, error)
	OnCheck  func(*facesvcv1.CheckInRequest) (*facesvcv1.CheckInResponse, error)
	OnSet    func(*facesvcv1.SetCollectionRequest) (*facesvcv1.SetCollectionResponse, error)
	OnList   func(*facesvcv1.ListGalleryRequest) (*facesvcv1.ListGalleryResponse, error)
	OnDelete func(*facesvcv1.DeleteUsersRequest) (*facesvcv1.DeleteUsersResponse, error)
	OnStream func(grpc.BidiStreamingServer[facesvcv1.StreamEnrollRequest, facesvcv1.StreamEnrollResponse]) error
	OnExport func(grpc.ServerStreamingServer[facesvcv1.ExportGalleryResponse]) error
	OnUpdate func(*facesvcv1.UpdateUserRequest) (*facesvcv1.UpdateUserResponse, error)
	OnMerge  func(*facesvcv1.MergeUsersRequest) (*facesvcv1.MergeUsersResponse, error)
	OnImport func(grpc.BidiStreamingServer[facesvcv1.ImportGalleryRequest, facesvcv1.ImportGalleryResponse]) error
}

// StreamEnroll implements the service.
func (g *Gallery) StreamEnroll(s grpc.BidiStreamingServer[facesvcv1.StreamEnrollRequest, facesvcv1.StreamEnrollResponse]) error {
	return g.OnStream(s)
}

// ExportGallery implements the service.
func (g *Gallery) ExportGallery(_ *facesvcv1.ExportGalleryRequest, s grpc.ServerStreamingServer[facesvcv1.ExportGalleryResponse]) error {
	return g.OnExport(s)
}

// ImportGallery implements the service.
func (g *Gallery) ImportGallery(s grpc.BidiStreamingServer[facesvcv1.ImportGalleryRequest, facesvcv1.ImportGalleryResponse]) error {
	return g.OnImport(s)
}

// UpdateUser implements the service.
func (g *Gallery) UpdateUser(_ context.Context, r *facesvcv1.UpdateUserRequest) (*facesvcv1.UpdateUserResponse, error) {
	return g.OnUpdate(r)
}

// MergeUsers implements the service.
func (g *Gallery) MergeUsers(_ context.Context, r *facesvcv1.MergeUsersRequest) (*facesvcv1.MergeUsersResponse, error) {
	return g.OnMerge(r)
}

// Enroll implements the service.
func (g *Gallery) Enroll(_ context.Context, r *facesvcv1.EnrollRequest) (*facesvcv1.EnrollResponse, error) {
	return g.OnEnroll(r)
}

// SetCollection implements the service.
func (g *Gallery) SetCollection(_ context.Context, r *facesvcv1.SetCollectionRequest) (*facesvcv1.SetCollectionResponse, error) {
	return g.OnSet(r)
}

// Search implements the service.
func (g *Gallery) Search(ctx context.Context, r *facesvcv1.SearchRequest) (*facesvcv1.SearchResponse, error) {
	return g.OnSearch(ctx, r)
}

// CheckIn implements the service.
func (g *Gallery) CheckIn(_ context.Context, r *facesvcv1.CheckInRequest) (*facesvcv1.CheckInResponse, error) {
	return g.OnCheck(r)
}

// ListGallery implements the service.
func (g *Gallery) ListGallery(_ context.Context, r *facesvcv1.ListGalleryRequest) (*facesvcv1.ListGalleryResponse, error) {
	return g.OnList(r)
}

// DeleteUsers implements the service.
func (g *Gallery) DeleteUsers(_ context.Context, r *facesvcv1.DeleteUsersRequest) (*facesvcv1.DeleteUsersResponse, error) {
	return g.OnDelete(r)
}

// Start serves until the test ends and returns the address.
func Start(t *testing.T, gallery *Gallery) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer()
	facesvcv1.RegisterGalleryServiceServer(server, gallery)
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)
	return listener.Addr().String()
}

// Refusal is an error as the service makes it; retryAfter 0 means no RetryInfo.
func Refusal(code codes.Code, reason facesvcv1.ErrorReason, retryAfter time.Duration) error {
	info := []protoadapt.MessageV1{
		protoadapt.MessageV1Of(&errdetails.ErrorInfo{Reason: reason.String(), Domain: "facesvc"}),
	}
	if retryAfter > 0 {
		info = append(info, protoadapt.MessageV1Of(
			&errdetails.RetryInfo{RetryDelay: durationpb.New(retryAfter)}))
	}
	s, err := status.New(code, "refused").WithDetails(info...)
	if err != nil {
		return err
	}
	return s.Err()
}
