package facesvc

import (
	"fmt"
	"os"
)

// Photo is an image to look at: its bytes, or a URL that the service fetches.
type Photo struct {
	data []byte
	url  string
}

// PhotoBytes is a JPEG, PNG or WebP image of at most 10 MiB.
func PhotoBytes(data []byte) Photo { return Photo{data: data} }

// PhotoURL is an image that the service fetches; it must be public, unless the service allows its
// address.
func PhotoURL(url string) Photo { return Photo{url: url} }

// PhotoFile reads an image file.
func PhotoFile(path string) (Photo, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return Photo{}, fmt.Errorf("photo: %w", err)
	}
	return PhotoBytes(data), nil
}

func (p Photo) isURL() bool { return p.url != "" }
