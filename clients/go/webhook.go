package facesvc

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// WebhookTolerance is how old or new a webhook's timestamp may be.
const WebhookTolerance = 5 * time.Minute

// ErrWebhook is what VerifyWebhook's errors wrap.
var ErrWebhook = errors.New("facesvc: webhook not verified")

// VerifyWebhook checks that a webhook is fresh and from who has the secret, "whsec_" and base64.
// body is the request's body as it came. Note the header webhook-id: the same event may come again.
func VerifyWebhook(secret string, header http.Header, body []byte) error {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil {
		return fmt.Errorf("%w: the secret is no base64", ErrWebhook)
	}
	stamp := header.Get("webhook-timestamp")
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		return fmt.Errorf("%w: no timestamp", ErrWebhook)
	}
	if age := time.Since(time.Unix(seconds, 0)).Abs(); age > WebhookTolerance {
		return fmt.Errorf("%w: sent %s ago", ErrWebhook, age.Round(time.Second))
	}
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%s.%s.", header.Get("webhook-id"), stamp)
	mac.Write(body)
	wanted := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	for _, given := range strings.Fields(header.Get("webhook-signature")) {
		if hmac.Equal([]byte(wanted), []byte(given)) {
			return nil
		}
	}
	return fmt.Errorf("%w: not signed with this secret", ErrWebhook)
}
