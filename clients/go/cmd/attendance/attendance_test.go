package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	facesvc "github.com/facesvc/facesvc/clients/go"
	facesvcv1 "github.com/facesvc/facesvc/clients/go/facesvc/v1"
	"github.com/facesvc/facesvc/clients/go/internal/fakeservice"
)

// Matches become decisions by the threshold and by the margin to the second person.
func TestJudge(t *testing.T) {
	match := func(similarity float32) *facesvcv1.Match { return &facesvcv1.Match{Similarity: similarity} }
	for name, c := range map[string]struct {
		matches []*facesvcv1.Match
		want    string
	}{
		"nobody":                      {nil, "NO_MATCH"},
		"one clear person":            {[]*facesvcv1.Match{match(0.7)}, "MATCH"},
		"a clear first":               {[]*facesvcv1.Match{match(0.7), match(0.4)}, "MATCH"},
		"two alike":                   {[]*facesvcv1.Match{match(0.7), match(0.69)}, "REVIEW"},
		"just below the threshold":    {[]*facesvcv1.Match{match(0.44)}, "REVIEW"},
		"exactly at the threshold":    {[]*facesvcv1.Match{match(0.45)}, "MATCH"},
		"below and two alike at that": {[]*facesvcv1.Match{match(0.44), match(0.43)}, "REVIEW"},
	} {
		if got := judge(c.matches, 0.45); got.Decision != c.want {
			t.Errorf("%s: %s, want %s", name, got.Decision, c.want)
		}
	}
}

// A staff photo shows whom its folder names, or its file when it is in none.
func TestPersonOf(t *testing.T) {
	for path, want := range map[string]string{"anna.jpg": "anna", "ben/1.jpg": "ben", "b.c.png": "b.c"} {
		if got := personOf(filepath.FromSlash(path)); got != want {
			t.Errorf("%s shows %s, want %s", path, got, want)
		}
	}
}

// Enrolling goes on after a refused photo, adds a person's further photos, and says what failed.
func TestEnrolGoesOnAfterARefusal(t *testing.T) {
	folder := t.TempDir()
	for _, name := range []string{"anna/1.jpg", "anna/2.jpg", "ben.jpg", "cat.jpg", "notes.txt"} {
		path := filepath.Join(folder, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(name), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	client, err := facesvc.Dial(fakeservice.Start(t, &fakeservice.Gallery{
		OnEnroll: func(r *facesvcv1.EnrollRequest) (*facesvcv1.EnrollResponse, error) {
			got = append(got, r.GetUserId()+" "+r.GetMode().String())
			switch r.GetUserId() {
			case "ben":
				return nil, fakeservice.Refusal(codes.InvalidArgument, facesvcv1.ErrorReason_NO_FACE, 0)
			case "cat":
				return &facesvcv1.EnrollResponse{Rejections: []*facesvcv1.Rejection{
					{Reason: facesvcv1.Rejection_TOO_BLURRED, Hint: "Hold still."},
				}}, nil
			}
			return &facesvcv1.EnrollResponse{Success: true}, nil
		},
	}))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	var log bytes.Buffer
	err = enrol(t.Context(), client, enrolment{folder: folder, timeout: time.Minute, log: &log})
	if err != errNotAllEnrolled {
		t.Errorf("got %v", err)
	}
	if want := []string{"anna REPLACE", "anna ADD", "ben REPLACE", "cat REPLACE"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	for _, want := range []string{"cat.jpg: TOO_BLURRED: Hold still.", "2 of 4 photos enrolled, 1 people"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log lacks %q: %s", want, &log)
		}
	}
}

// A call without a folder says how to use the program.
func TestUsage(t *testing.T) {
	for _, arguments := range [][]string{nil, {"identify"}, {"dance", "-photos", "x"}} {
		if err := run(t.Context(), arguments); err == nil || !strings.HasPrefix(err.Error(), "usage:") {
			t.Errorf("%q: %v", arguments, err)
		}
	}
}
