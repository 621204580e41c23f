package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	facesvc "github.com/facesvc/facesvc/clients/go"
)

type enrolment struct {
	folder     string
	collection string
	timeout    time.Duration
	log        io.Writer
}

var errNotAllEnrolled = errors.New("not every photo was enrolled")

// enrol stores every photo of the folder. A person's first photo replaces what was known, the
// others are added. Photos that are refused are reported, and the rest goes on.
func enrol(ctx context.Context, client *facesvc.Client, e enrolment) error {
	photos, others, err := findPhotos(e.folder)
	if err != nil {
		return err
	}
	for _, relative := range others {
		fmt.Fprintf(e.log, "%s: skipped, no photo\n", relative)
	}
	known := map[string]bool{}
	enrolled := 0
	for _, relative := range photos {
		if namesNobody(relative, photos) {
			fmt.Fprintf(e.log, "%s: beside folders, it says nobody: put it into a person's folder\n", relative)
			continue
		}
		person := personOf(relative)
		if err := e.one(ctx, client, relative, person, known[person]); err != nil {
			fmt.Fprintf(e.log, "%s: %v\n", relative, err)
			continue
		}
		known[person] = true
		enrolled++
	}
	fmt.Fprintf(e.log, "%d of %d photos enrolled, %d people\n", enrolled, len(photos), len(known))
	if enrolled < len(photos) {
		return errNotAllEnrolled
	}
	return nil
}

func (e enrolment) one(ctx context.Context, client *facesvc.Client, relative, person string, add bool) error {
	photo, err := facesvc.PhotoFile(filepath.Join(e.folder, relative))
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, e.timeout)
	defer cancel()
	answer, err := client.Enroll(ctx, facesvc.Enrollment{
		UserID: person, Name: strings.ReplaceAll(person, "_", " "), Photo: photo, Collection: e.collection, Add: add,
	})
	if err != nil {
		return err
	}
	for _, rejection := range answer.GetRejections() {
		err = errors.Join(err, fmt.Errorf("%s: %s", rejection.GetReason(), rejection.GetHint()))
	}
	return err
}
