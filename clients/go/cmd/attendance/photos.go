package main

import (
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

var photoSuffixes = map[string]bool{
	".jpg": true, ".jpeg": true, ".jfif": true, ".png": true, ".webp": true, ".heic": true, ".heif": true,
	".avif": true, ".gif": true, ".bmp": true, ".tif": true, ".tiff": true,
}

// findPhotos returns the photos below folder, as paths relative to it, in lexical order, and the
// other files. A photo is known by its suffix or by its first bytes.
func findPhotos(folder string) (photos, others []string, err error) {
	err = filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		relative, err := filepath.Rel(folder, path)
		if photoSuffixes[strings.ToLower(filepath.Ext(path))] || startsLikeImage(path) {
			photos = append(photos, relative)
		} else {
			others = append(others, relative)
		}
		return err
	})
	if err == nil && len(photos) == 0 {
		err = fmt.Errorf("no photos in %s", folder)
	}
	return photos, others, err
}

func startsLikeImage(path string) bool {
	file, err := os.Open(path)
	if err != nil {
		return false
	}
	defer file.Close()
	head := make([]byte, 512) // as much as DetectContentType looks at
	n, _ := io.ReadFull(file, head)
	return strings.HasPrefix(http.DetectContentType(head[:n]), "image/")
}

// personOf returns whom a staff photo shows: the folder's name, however deep the photo lies in it, or
// the file's without its suffix.
func personOf(relative string) string {
	if folder, _, inside := strings.Cut(relative, string(filepath.Separator)); inside {
		return folder
	}
	return strings.TrimSuffix(relative, filepath.Ext(relative))
}

// namesNobody is true for a photo beside people's folders: its name is no person's.
func namesNobody(relative string, photos []string) bool {
	isInside := func(path string) bool { return filepath.Dir(path) != "." }
	return !isInside(relative) && slices.ContainsFunc(photos, isInside)
}
