package facesvc_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	facesvc "github.com/facesvc/facesvc/clients/go"
	facesvcv1 "github.com/facesvc/facesvc/clients/go/facesvc/v1"
)

// service returns a client of the running service and the folder of sample photos.
func service(t *testing.T) (client *facesvc.Client, photos string) {
	t.Helper()
	addr := os.Getenv("FACESVC_ADDR")
	if addr == "" {
		t.Skip("FACESVC_ADDR is not set: no running service to test against (make test-go starts one)")
	}
	photos = os.Getenv("FACESVC_PHOTOS")
	if photos == "" {
		photos = filepath.Join("..", "..", "data", "samples")
	}
	client, err := facesvc.Dial(addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client, photos
}

func photo(t *testing.T, elements ...string) facesvc.Photo {
	t.Helper()
	p, err := facesvc.PhotoFile(filepath.Join(elements...))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// ownCollection is a name that no other run uses.
func ownCollection(t *testing.T) string {
	t.Helper()
	return fmt.Sprintf("go-%d", time.Now().UnixNano())
}

// A person enrolled with one photo is found and verified with another, and nobody else is.
func TestServiceKnowsAPersonAgain(t *testing.T) {
	client, photos := service(t)
	ctx, collection := t.Context(), ownCollection(t)
	enrolled, err := client.Enroll(ctx, facesvc.Enrollment{
		UserID: "jacinda", Name: "Jacinda", Photo: photo(t, photos, "jacinda_ardern", "1.jpg"), Collection: collection,
	})
	if err != nil || !enrolled.GetSuccess() {
		t.Fatalf("enrol: %v, %v", enrolled, err)
	}
	probe := photo(t, photos, "jacinda_ardern", "2.jpg")
	found, err := client.Search(ctx, probe, facesvc.SearchOptions{
		Collection: collection, MinVersion: enrolled.GetVersion(),
	})
	if err != nil || len(found.GetMatches()) != 1 || found.GetMatches()[0].GetUserId() != "jacinda" {
		t.Fatalf("search: %v, %v", found, err)
	}
	verified, err := client.Verify(ctx, "jacinda", probe, facesvc.VerifyOptions{Collection: collection})
	if err != nil || !verified.GetVerified() {
		t.Fatalf("verify: %v, %v", verified, err)
	}
	stranger, err := client.Search(ctx, photo(t, photos, "joe_biden", "1.jpg"), facesvc.SearchOptions{Collection: collection})
	if err != nil || len(stranger.GetMatches()) != 0 {
		t.Fatalf("a stranger: %v, %v", stranger, err)
	}
	checked, err := client.CheckIn(ctx, probe, facesvc.CheckInOptions{
		Collection: collection, UserID: "jacinda", MinVersion: enrolled.GetVersion(),
	})
	if err != nil || checked.GetDecision() != facesvcv1.CheckInResponse_MATCH || !checked.GetLiveness().GetIsLive() {
		t.Fatalf("check-in: %v, %v", checked, err)
	}
	roll, err := client.Identify(ctx, probe, facesvc.IdentifyOptions{Collection: collection})
	if err != nil || len(roll.GetUsers()) != 1 || roll.GetUsers()[0].GetUserId() != "jacinda" {
		t.Fatalf("roll call: %v, %v", roll, err)
	}
	if _, err = client.DeleteEnrollment(ctx, "jacinda", facesvc.DeleteOptions{Collection: collection}); err != nil {
		t.Fatal(err)
	}
	_, err = client.DeleteEnrollment(ctx, "jacinda", facesvc.DeleteOptions{Collection: collection})
	if facesvc.Reason(err) != facesvcv1.ErrorReason_USER_NOT_FOUND {
		t.Fatalf("deleting nobody: %v", err)
	}
}

// The same request_id stores one sample, however often it comes.
func TestServiceEnrolsOnceUnderOneRequestID(t *testing.T) {
	client, photos := service(t)
	collection := ownCollection(t)
	enrollment := facesvc.Enrollment{
		UserID: "joe", Photo: photo(t, photos, "joe_biden", "1.jpg"), Collection: collection,
		Add: true, RequestID: "one-enrolment",
	}
	first, err := client.Enroll(t.Context(), enrollment)
	if err != nil {
		t.Fatal(err)
	}
	again, err := client.Enroll(t.Context(), enrollment)
	if err != nil || again.GetSamples() != 1 || again.GetVersion() != first.GetVersion() {
		t.Fatalf("first %v, again %v, %v", first, again, err)
	}
	for user, err := range client.Users(t.Context(), facesvc.ListOptions{Collection: collection}) {
		if err != nil || user.GetUserId() != "joe" || user.GetSamples() != 1 {
			t.Fatalf("listed: %v, %v", user, err)
		}
	}
}

// Photos of two people are compared, described and refused as they should be.
func TestServiceAnswersAboutPhotos(t *testing.T) {
	client, photos := service(t)
	ctx := t.Context()
	same, err := client.Compare(ctx, photo(t, photos, "jacinda_ardern", "1.jpg"), photo(t, photos, "jacinda_ardern", "2.jpg"), facesvc.CompareOptions{})
	if err != nil || !same.GetMatch() {
		t.Fatalf("the same person: %v, %v", same, err)
	}
	group, err := client.Analyze(ctx, photo(t, photos, "group.jpg"), facesvc.AnalyzeOptions{})
	if err != nil || len(group.GetFaces()) != 6 {
		t.Fatalf("the group: %d faces, %v", len(group.GetFaces()), err)
	}
	_, err = client.Embed(ctx, facesvc.PhotoBytes([]byte("no image")), facesvc.EmbedOptions{})
	if facesvc.Reason(err) != facesvcv1.ErrorReason_IMAGE_UNSUPPORTED {
		t.Fatalf("no image: %v", err)
	}
	_, err = client.Embed(ctx, facesvc.PhotoURL("http://10.0.0.1/a.jpg"), facesvc.EmbedOptions{})
	if facesvc.Reason(err) != facesvcv1.ErrorReason_IMAGE_URL_REFUSED {
		t.Fatalf("a private address: %v", err)
	}
}

// The attendance program enrols a folder and decides every selfie of another.
func TestAttendanceProgram(t *testing.T) {
	_, photos := service(t)
	staff, selfies := t.TempDir(), t.TempDir()
	for target, source := range map[string]string{
		filepath.Join(staff, "jacinda.jpg"):      "jacinda_ardern/1.jpg",
		filepath.Join(staff, "emmanuel.jpg"):     "emmanuel_macron/1.jpg",
		filepath.Join(selfies, "0800.jpg"):       "jacinda_ardern/2.jpg",
		filepath.Join(selfies, "0801.jpg"):       "emmanuel_macron/2.jpg",
		filepath.Join(selfies, "0802.jpg"):       "joe_biden/1.jpg",
		filepath.Join(selfies, "0803-noise.jpg"): "CREDITS.md",
	} {
		data, err := os.ReadFile(filepath.Join(photos, filepath.FromSlash(source)))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(target, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	program := filepath.Join(t.TempDir(), "attendance")
	if out, err := exec.Command("go", "build", "-o", program, "./cmd/attendance").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	collection := ownCollection(t)
	if out, err := exec.Command(program, "enrol", "-photos", staff, "-collection", collection).CombinedOutput(); err != nil {
		t.Fatalf("enrol: %v\n%s", err, out)
	}
	out, err := exec.Command(program, "identify", "-photos", selfies, "-collection", collection).Output()
	if err != nil {
		t.Fatalf("identify: %v", err)
	}
	type line struct {
		Event, Decision, Reason string
		UserID                  string `json:"user_id"`
	}
	got := map[string]line{}
	for _, text := range bytes.Split(bytes.TrimSpace(out), []byte("\n")) {
		var l line
		if err := json.Unmarshal(text, &l); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		got[l.Event] = l
	}
	for event, want := range map[string]line{
		"0800.jpg":       {Decision: "MATCH", UserID: "jacinda"},
		"0801.jpg":       {Decision: "MATCH", UserID: "emmanuel"},
		"0802.jpg":       {Decision: "NO_MATCH", Reason: "BELOW_THRESHOLD"},
		"0803-noise.jpg": {Decision: "ERROR", Reason: "IMAGE_UNSUPPORTED"},
	} {
		want.Event = event
		if got[event] != want {
			t.Errorf("got %+v, want %+v", got[event], want)
		}
	}
}
