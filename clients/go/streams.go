package facesvc

import (
	"context"
	"errors"
	"io"
	"iter"

	"google.golang.org/grpc"
)

// exchange sends the requests while it yields the answers, so that neither waits for the other. It
// ends with the first error, of a request or of the call; leaving the loop cancels the call.
func exchange[Request, Answer any](
	ctx context.Context,
	open func(context.Context, ...grpc.CallOption) (grpc.BidiStreamingClient[Request, Answer], error),
	requests iter.Seq2[*Request, error],
) iter.Seq2[*Answer, error] {
	return func(yield func(*Answer, error) bool) {
		ctx, cancel := context.WithCancelCause(ctx)
		defer cancel(nil)
		stream, err := open(ctx)
		if err != nil {
			yield(nil, err)
			return
		}
		go func() {
			for request, err := range requests {
				if err != nil {
					cancel(err)
					return
				}
				if stream.Send(request) != nil {
					return // Recv tells why
				}
			}
			_ = stream.CloseSend()
		}()
		receive(ctx, stream.Recv, yield)
	}
}

// answers yields what a call streams. It ends with the first error; leaving the loop cancels the call.
func answers[Answer any](
	ctx context.Context,
	open func(context.Context) (grpc.ServerStreamingClient[Answer], error),
) iter.Seq2[*Answer, error] {
	return func(yield func(*Answer, error) bool) {
		ctx, cancel := context.WithCancelCause(ctx)
		defer cancel(nil)
		stream, err := open(ctx)
		if err != nil {
			yield(nil, err)
			return
		}
		receive(ctx, stream.Recv, yield)
	}
}

func receive[Answer any](
	ctx context.Context, next func() (*Answer, error), yield func(*Answer, error) bool,
) {
	for {
		answer, err := next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, ctx.Err()) {
				err = cause // of the request that could not be made
			}
			yield(nil, err)
			return
		}
		if !yield(answer, nil) {
			return
		}
	}
}
