package facesvc

import (
	"errors"
	"fmt"
	"os"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	facesvcv1 "github.com/facesvc/facesvc/clients/go/facesvc/v1"
)

// Photo is what a call looks at: an image's bytes, a URL that the service fetches, or the embedding
// that was made of it earlier.
type Photo struct {
	data      []byte
	url       string
	embedding *facesvcv1.FaceEmbedding
	aligned   bool
}

// PhotoBytes is an image of at most 10 MiB.
func PhotoBytes(data []byte) Photo { return Photo{data: data} }

// PhotoURL is an image that the service fetches; it must be public, unless the service allows its
// address.
func PhotoURL(url string) Photo { return Photo{url: url} }

// AlignedCrop is an image of 112 x 112 pixels of one face that was found and aligned as ArcFace does:
// the service looks for none. Embed, BatchEmbed, StreamEmbed, Compare, Enroll, Search and Verify take
// it.
func AlignedCrop(data []byte) Photo { return Photo{data: data, aligned: true} }

// PhotoFile reads an image file.
func PhotoFile(path string) (Photo, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return Photo{}, fmt.Errorf("photo: %w", err)
	}
	return PhotoBytes(data), nil
}

// EmbeddedPhoto is a photo by the 512 numbers that Embed answered; model is that answer's. Enroll,
// Search, Verify and Compare take it.
func EmbeddedPhoto(values []float32, model string) Photo {
	return Photo{embedding: &facesvcv1.FaceEmbedding{Values: values, Model: model}}
}

// errNoEmbedding is what the calls answer that compute on pixels.
var errNoEmbedding = errors.New("facesvc: this call needs a photo, not an embedding")

// errNoCrop is what the calls answer that need a whole photo.
var errNoCrop = errors.New("facesvc: this call needs a photo, not an aligned crop")

// into puts the photo into the request's fields: image_url, image or embedding, each followed by
// suffix. Requests name them alike, so that this stands here once for all of them.
func (p Photo) into(request proto.Message, suffix string) error {
	message := request.ProtoReflect()
	name, value := "image", protoreflect.ValueOfBytes(p.data)
	switch {
	case p.embedding != nil:
		name, value = "embedding", protoreflect.ValueOfMessage(p.embedding.ProtoReflect())
	case p.url != "":
		name, value = "image_url", protoreflect.ValueOfString(p.url)
	}
	field := message.Descriptor().Fields().ByName(protoreflect.Name(name + suffix))
	if field == nil {
		return errNoEmbedding
	}
	message.Set(field, value)
	if p.aligned {
		input := message.Descriptor().Fields().ByName(protoreflect.Name("input" + suffix))
		if input == nil {
			return errNoCrop
		}
		message.Set(input, protoreflect.ValueOfEnum(facesvcv1.InputKind_ALIGNED_CROP.Number()))
	}
	return nil
}
