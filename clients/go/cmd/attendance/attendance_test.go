package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	facesvc "github.com/facesvc/facesvc/clients/go"
	facesvcv1 "github.com/facesvc/facesvc/clients/go/facesvc/v1"
	"github.com/facesvc/facesvc/clients/go/internal/fakeservice"
)

// The worker sends each selfie once and writes what the service decided, with its reasons.
func TestIdentifyWritesTheDecisionOfEachSelfie(t *testing.T) {
	folder := t.TempDir()
	for _, name := range []string{"0800.jpg", "0801.jpg", "0802.jpg"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(name), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var asked atomic.Int32
	client, err := facesvc.Dial(fakeservice.Start(t, &fakeservice.Gallery{
		OnCheck: func(r *facesvcv1.CheckInRequest) (*facesvcv1.CheckInResponse, error) {
			asked.Add(1)
			if r.GetCollection() != "staff" || !r.GetSkipLiveness() {
				t.Errorf("asked %v", r)
			}
			margin := float32(0.03)
			switch string(r.GetImage()) {
			case "0800.jpg":
				return &facesvcv1.CheckInResponse{
					Decision: facesvcv1.CheckInResponse_REVIEW, Margin: &margin,
					Match: &facesvcv1.Match{UserId: "anna", Name: "Anna", Similarity: 0.44},
					Reasons: []*facesvcv1.Rejection{
						{Reason: facesvcv1.Rejection_BELOW_THRESHOLD}, {Reason: facesvcv1.Rejection_CLOSE_SECOND},
					},
				}, nil
			case "0801.jpg":
				return nil, fakeservice.Refusal(codes.InvalidArgument, facesvcv1.ErrorReason_NO_FACE, 0)
			}
			return &facesvcv1.CheckInResponse{Decision: facesvcv1.CheckInResponse_NO_MATCH}, nil
		},
	}))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	var out bytes.Buffer
	w := worker{client: client, collection: "staff", skipLiveness: true, timeout: time.Minute, workers: 2}
	if err := w.run(t.Context(), folder, &out); err != nil {
		t.Fatal(err)
	}
	got := map[string]decision{}
	for line := range bytes.Lines(out.Bytes()) {
		var d decision
		if err := json.Unmarshal(line, &d); err != nil {
			t.Fatal(err)
		}
		got[d.Event] = d
	}
	review := got["0800.jpg"]
	if review.Decision != "REVIEW" || review.UserID != "anna" || review.Margin == nil ||
		review.Reason != "BELOW_THRESHOLD CLOSE_SECOND" {
		t.Errorf("got %+v", review)
	}
	if got["0801.jpg"].Decision != "ERROR" || got["0801.jpg"].Reason != "NO_FACE" {
		t.Errorf("got %+v", got["0801.jpg"])
	}
	if none := got["0802.jpg"]; none.Decision != "NO_MATCH" || none.UserID != "" || none.Margin != nil {
		t.Errorf("got %+v", none)
	}
	if asked.Load() != 3 {
		t.Errorf("asked %d times", asked.Load())
	}
}

// A staff photo shows whom its folder names, or its file when it is in none.
func TestPersonOf(t *testing.T) {
	for path, want := range map[string]string{"anna.jpg": "anna", "ben/1.jpg": "ben", "ben/old/1.jpg": "ben", "b.c.png": "b.c"} {
		if got := personOf(filepath.FromSlash(path)); got != want {
			t.Errorf("%s shows %s, want %s", path, got, want)
		}
	}
}

// Enrolling goes on after a refused photo, adds a person's further photos, and says what failed.
func TestEnrolGoesOnAfterARefusal(t *testing.T) {
	folder := t.TempDir()
	for _, name := range []string{"anna/1.jpg", "anna/old/2.HEIC", "ben/1.jpg", "cat/1.jpg", "notes.txt", "team.jpg"} {
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
	for _, want := range []string{
		"cat/1.jpg: TOO_BLURRED: Hold still.", "notes.txt: skipped", "team.jpg: beside folders",
		"2 of 5 photos enrolled, 1 people",
	} {
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
