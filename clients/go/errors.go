package facesvc

import (
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/status"

	facesvcv1 "github.com/facesvc/facesvc/clients/go/facesvc/v1"
)

// errorDomain is ErrorInfo.domain of this service's errors.
const errorDomain = "facesvc"

// Reason returns why the service refused a call, ERROR_REASON_UNSPECIFIED when err is nil, comes
// from elsewhere, or has a reason that this client does not know yet.
func Reason(err error) facesvcv1.ErrorReason {
	for _, detail := range details(err) {
		if info, ok := detail.(*errdetails.ErrorInfo); ok && info.GetDomain() == errorDomain {
			return facesvcv1.ErrorReason(facesvcv1.ErrorReason_value[info.GetReason()])
		}
	}
	return facesvcv1.ErrorReason_ERROR_REASON_UNSPECIFIED
}

// retryDelay returns how long the service asks to wait; ok is false when it does not say.
func retryDelay(err error) (delay time.Duration, ok bool) {
	for _, detail := range details(err) {
		if info, isRetry := detail.(*errdetails.RetryInfo); isRetry {
			return info.GetRetryDelay().AsDuration(), true
		}
	}
	return 0, false
}

func details(err error) []any {
	if s, ok := status.FromError(err); ok && s != nil {
		return s.Details()
	}
	return nil
}
