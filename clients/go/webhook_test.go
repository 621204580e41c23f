package facesvc_test

import (
	"errors"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"

	facesvc "github.com/facesvc/facesvc/clients/go"
)

// Signed by the service's own code, or by openssl, a webhook verifies; changed in any part it does not.
func TestVerifyWebhook(t *testing.T) {
	const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	body := []byte(`{"specversion":"1.0"}`)
	stamp := strings.TrimSpace(output(t, "date", "+%s"))
	script := `printf '%s' "$1" | openssl dgst -sha256 -mac HMAC -macopt hexkey:$(printf '%s' "$2" | base64 -d | od -An -tx1 | tr -d ' \n') -binary | base64`
	signature := strings.TrimSpace(output(t, "sh", "-c", script, "sh", "e1."+stamp+"."+string(body), secret[6:]))
	header := http.Header{}
	header.Set("Webhook-Id", "e1")
	header.Set("Webhook-Timestamp", stamp)
	header.Set("Webhook-Signature", "v1,AAAA v1,"+signature)
	if err := facesvc.VerifyWebhook(secret, header, body); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(http.Header) ([]byte, string){
		"body":      func(http.Header) ([]byte, string) { return append(body, ' '), secret },
		"id":        func(h http.Header) ([]byte, string) { h.Set("Webhook-Id", "e2"); return body, secret },
		"old":       func(h http.Header) ([]byte, string) { h.Set("Webhook-Timestamp", "1614265330"); return body, secret },
		"no stamp":  func(h http.Header) ([]byte, string) { h.Del("Webhook-Timestamp"); return body, secret },
		"signature": func(h http.Header) ([]byte, string) { h.Set("Webhook-Signature", "v1,AAAA"); return body, secret },
		"secret":    func(http.Header) ([]byte, string) { return body, "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" },
	} {
		changed := header.Clone()
		given, key := change(changed)
		if err := facesvc.VerifyWebhook(key, changed, given); !errors.Is(err, facesvc.ErrWebhook) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func output(t *testing.T, name string, args ...string) string {
	t.Helper()
	command := exec.Command(name, args...)
	command.Stderr = os.Stderr
	out, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}
