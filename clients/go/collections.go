package facesvc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	facesvcv1 "github.com/facesvc/facesvc/clients/go/facesvc/v1"
)

// chunkBytes of an archive go in one message.
const chunkBytes = 1 << 20

// ListCollections tells all collections and their aliases, sorted by name, page after page.
func (c *Client) ListCollections(ctx context.Context) (*facesvcv1.ListCollectionsResponse, error) {
	all := &facesvcv1.ListCollectionsResponse{}
	request := &facesvcv1.ListCollectionsRequest{}
	for {
		page, err := c.Gallery.ListCollections(ctx, request)
		if err != nil {
			return nil, err
		}
		all.Collections = append(all.Collections, page.GetCollections()...)
		if page.GetNextPageToken() == "" {
			return all, nil
		}
		request.PageToken = page.GetNextPageToken()
	}
}

// GetCollection tells a collection's counts, its settings, and what they and the server's defaults
// come to.
func (c *Client) GetCollection(ctx context.Context, collection string) (*facesvcv1.GetCollectionResponse, error) {
	return c.Gallery.GetCollection(ctx, &facesvcv1.GetCollectionRequest{Collection: collection})
}

// SettingsChange says what SetCollection changes.
type SettingsChange struct {
	// Collection; empty means the default one.
	Collection string
	// Settings that it gets.
	Settings *facesvcv1.CollectionSettings
	// Names of the settings that change, such as "match_threshold"; one without a value in Settings
	// goes back to the server's default. None means those with a value.
	Names []string
	// ExpectedVersion that the settings must still have; nil means any.
	ExpectedVersion *uint32
}

// SetCollection changes a collection's settings, all at once. A collection that does not exist comes
// to be, empty; the same change again changes nothing.
func (c *Client) SetCollection(ctx context.Context, change SettingsChange) (*facesvcv1.SetCollectionResponse, error) {
	request := &facesvcv1.SetCollectionRequest{
		Collection: change.Collection, Settings: change.Settings,
		ExpectedSettingsVersion: change.ExpectedVersion,
	}
	if len(change.Names) > 0 {
		request.UpdateMask = &fieldmaskpb.FieldMask{Paths: change.Names}
	}
	return c.Gallery.SetCollection(ctx, request)
}

// DeleteCollection removes a collection with everybody in it; an alias is not followed.
func (c *Client) DeleteCollection(ctx context.Context, collection string) (*facesvcv1.DeleteCollectionResponse, error) {
	return c.Gallery.DeleteCollection(ctx, &facesvcv1.DeleteCollectionRequest{Collection: collection})
}

// Alias is another name of a collection.
type Alias struct {
	Name       string
	Collection string
}

// SetAlias lets the alias lead to its collection from now on, in one step.
func (c *Client) SetAlias(ctx context.Context, alias Alias) (*facesvcv1.SetAliasResponse, error) {
	return c.Gallery.SetAlias(ctx, &facesvcv1.SetAliasRequest{
		Alias: alias.Name, Collection: alias.Collection,
	})
}

// DeleteAlias forgets an alias; the collection stays.
func (c *Client) DeleteAlias(ctx context.Context, name string) (*facesvcv1.DeleteAliasResponse, error) {
	return c.Gallery.DeleteAlias(ctx, &facesvcv1.DeleteAliasRequest{Alias: name})
}

// EraseDeleted returns once no byte of anything deleted before is left in the store's files.
func (c *Client) EraseDeleted(ctx context.Context) (*facesvcv1.EraseDeletedResponse, error) {
	return c.Gallery.EraseDeleted(ctx, &facesvcv1.EraseDeletedRequest{})
}

// ArchiveOptions of ExportGallery and ImportGallery.
type ArchiveOptions struct {
	// Collection that is written, or that an archive goes into; empty means the default one, or the
	// archive's own.
	Collection string
	// Passphrase that the archive is encrypted with; empty means plain.
	Passphrase string
}

// ExportGallery writes a collection as an archive and returns its bytes. What was written when an
// error comes is no archive.
func (c *Client) ExportGallery(ctx context.Context, to io.Writer, o ArchiveOptions) (written int64, err error) {
	request := &facesvcv1.ExportGalleryRequest{Collection: o.Collection, Passphrase: o.Passphrase}
	open := func(ctx context.Context) (grpc.ServerStreamingClient[facesvcv1.ExportGalleryResponse], error) {
		return c.Gallery.ExportGallery(ctx, request)
	}
	for answer, err := range answers(ctx, open) {
		if err != nil {
			return written, err
		}
		n, err := to.Write(answer.GetChunk())
		written += int64(n)
		if err != nil {
			return written, fmt.Errorf("export: %w", err)
		}
	}
	return written, nil
}

// errCut is ImportGallery's word for a service that ended the call before it said that all is stored.
var errCut = errors.New("facesvc: the service ended the import early; run it again")

// ImportGallery stores the users of an archive and returns how far it came. Repeating an interrupted
// import stores nothing twice.
func (c *Client) ImportGallery(ctx context.Context, from io.Reader, o ArchiveOptions) (*facesvcv1.ImportGalleryResponse, error) {
	requests := func(yield func(*facesvcv1.ImportGalleryRequest, error) bool) {
		request := &facesvcv1.ImportGalleryRequest{Collection: o.Collection, Passphrase: o.Passphrase}
		for {
			request.Chunk = make([]byte, chunkBytes)
			n, err := io.ReadFull(from, request.Chunk)
			request.Chunk = request.Chunk[:n]
			if n > 0 && !yield(request, nil) {
				return
			}
			if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
				return
			}
			if err != nil {
				yield(nil, fmt.Errorf("import: %w", err))
				return
			}
			request = &facesvcv1.ImportGalleryRequest{}
		}
	}
	var progress *facesvcv1.ImportGalleryResponse
	for answer, err := range exchange(ctx, c.Gallery.ImportGallery, requests) {
		if err != nil {
			return progress, err
		}
		progress = answer
	}
	if !progress.GetDone() {
		return progress, errCut
	}
	return progress, nil
}

// CheckOptions narrow a check; the zero value means the service's defaults.
type CheckOptions struct {
	Collection string
	// Threshold from which two samples match; nil means the default.
	Threshold *float32
	// MaxFindings of each kind that are listed; 0 means the default.
	MaxFindings int32
}

// CheckGallery compares every sample of a collection with every other one and yields the progress,
// then what is probably wrong, then the counts. It changes nothing.
func (c *Client) CheckGallery(ctx context.Context, o CheckOptions) iter.Seq2[*facesvcv1.CheckGalleryResponse, error] {
	return answers(ctx, func(ctx context.Context) (grpc.ServerStreamingClient[facesvcv1.CheckGalleryResponse], error) {
		return c.Gallery.CheckGallery(ctx, &facesvcv1.CheckGalleryRequest{
			Collection: o.Collection, Threshold: o.Threshold, MaxFindings: o.MaxFindings,
		})
	})
}
