package main

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
)

var photoSuffixes = map[string]bool{".jpg": true, ".jpeg": true, ".png": true, ".webp": true}

// findPhotos returns the photos below folder, as paths relative to it, in lexical order.
func findPhotos(folder string) ([]string, error) {
	var found []string
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !photoSuffixes[strings.ToLower(filepath.Ext(path))] {
			return err
		}
		relative, err := filepath.Rel(folder, path)
		found = append(found, relative)
		return err
	})
	if err == nil && len(found) == 0 {
		err = fmt.Errorf("no photos in %s", folder)
	}
	return found, err
}

// personOf returns whom a staff photo shows: the folder's name, or the file's without its suffix.
func personOf(relative string) string {
	if parent := filepath.Dir(relative); parent != "." {
		return filepath.Base(parent)
	}
	return strings.TrimSuffix(relative, filepath.Ext(relative))
}
