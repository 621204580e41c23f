package facesvc

import (
	"context"
	"math/rand/v2"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// RetryPolicy says how often and how soon a call is tried again.
type RetryPolicy struct {
	// MaxAttempts counts the first try; 1 means no retries.
	MaxAttempts int
	// BaseDelay is the mean wait before the second try; it doubles with each try.
	BaseDelay time.Duration
	// MaxDelay bounds the wait, the service's own RetryInfo included.
	MaxDelay time.Duration
}

// DefaultRetryPolicy waits about 0.1, 0.2 and 0.4 s.
var DefaultRetryPolicy = RetryPolicy{
	MaxAttempts: 4,
	BaseDelay:   100 * time.Millisecond,
	MaxDelay:    5 * time.Second,
}

// interceptor tries unary calls again that the service could not take. Every write of Client
// carries a request_id, so even a write whose answer was lost is safe to repeat.
func (p RetryPolicy) interceptor() grpc.UnaryClientInterceptor {
	return func(ctx context.Context, method string, request, reply any, conn *grpc.ClientConn,
		invoke grpc.UnaryInvoker, options ...grpc.CallOption) error {
		for attempt := 1; ; attempt++ {
			err := invoke(ctx, method, request, reply, conn, options...)
			if err == nil || attempt >= p.MaxAttempts || !mayRetry(err) {
				return err
			}
			if !sleep(ctx, p.delay(attempt, err)) {
				return err
			}
		}
	}
}

// mayRetry is true for a service that is away, and for one that asks to come back later. Without
// RetryInfo, RESOURCE_EXHAUSTED means a message that is too large, now and always.
func mayRetry(err error) bool {
	switch status.Code(err) {
	case codes.Unavailable:
		return true
	case codes.ResourceExhausted:
		_, asked := retryDelay(err)
		return asked
	default:
		return false
	}
}

// delay spreads callers out, so that they do not come back all at once: over half to one and a
// half times the wait, or over BaseDelay behind the time that the service asked for.
func (p RetryPolicy) delay(attempt int, err error) time.Duration {
	if asked, ok := retryDelay(err); ok {
		return min(asked, p.MaxDelay) + rand.N(p.BaseDelay+1)
	}
	wait := min(p.BaseDelay<<(attempt-1), p.MaxDelay)
	return wait/2 + rand.N(wait+1)
}

// sleep returns false when the context ends, or would end, before the wait is over.
func sleep(ctx context.Context, wait time.Duration) bool {
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < wait {
		return false
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
