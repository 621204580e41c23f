package facesvc

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"

	facesvcv1 "github.com/facesvc/facesvc/clients/go/facesvc/v1"
)

// maxMessageBytes takes a whole page of users or batch of embeddings; grpc-go's own limit is 4 MiB.
const maxMessageBytes = 128 << 20

// Client is a connection to the service; it is safe for use by many goroutines.
type Client struct {
	// Faces, Gallery and Events are the generated stubs on this client's connection.
	Faces   facesvcv1.FaceServiceClient
	Gallery facesvcv1.GalleryServiceClient
	Events  facesvcv1.EventServiceClient
	conn    *grpc.ClientConn
}

// Option changes how a Client connects.
type Option func(*config)

type config struct {
	retry       RetryPolicy
	credentials credentials.TransportCredentials
	apiKey      string
	dial        []grpc.DialOption
}

// WithRetry sets the retry policy; the default is DefaultRetryPolicy.
func WithRetry(policy RetryPolicy) Option { return func(c *config) { c.retry = policy } }

// WithTLS encrypts the connection; without it, it is plain text.
func WithTLS(creds credentials.TransportCredentials) Option {
	return func(c *config) { c.credentials = creds }
}

// WithAPIKey sends the key with every call.
func WithAPIKey(key string) Option { return func(c *config) { c.apiKey = key } }

// WithDialOptions passes options on to grpc.NewClient.
func WithDialOptions(options ...grpc.DialOption) Option {
	return func(c *config) { c.dial = append(c.dial, options...) }
}

// Dial returns a client of the service at target, host:port. It connects with the first call.
// A target that no gRPC server can be at is refused at once.
func Dial(target string, options ...Option) (*Client, error) {
	if err := checkTarget(target); err != nil {
		return nil, err
	}
	c := config{retry: DefaultRetryPolicy, credentials: insecure.NewCredentials()}
	for _, option := range options {
		option(&c)
	}
	dial := []grpc.DialOption{
		grpc.WithTransportCredentials(c.credentials),
		grpc.WithChainUnaryInterceptor(withKey(c.apiKey), c.retry.interceptor()),
		grpc.WithStreamInterceptor(withKeyOnStreams(c.apiKey)),
		grpc.WithDefaultCallOptions(
			grpc.MaxCallRecvMsgSize(maxMessageBytes), grpc.MaxCallSendMsgSize(maxMessageBytes)),
		// grpc-go's own retries would multiply with the policy's.
		grpc.WithDisableRetry(),
	}
	conn, err := grpc.NewClient(target, append(dial, c.dial...)...)
	if err != nil {
		return nil, fmt.Errorf("dial %s: %w", target, err)
	}
	return &Client{
		Faces:   facesvcv1.NewFaceServiceClient(conn),
		Gallery: facesvcv1.NewGalleryServiceClient(conn),
		Events:  facesvcv1.NewEventServiceClient(conn),
		conn:    conn,
	}, nil
}

// checkTarget refuses what grpc-go would only fail on at the first call, or reach something else by.
func checkTarget(target string) error {
	scheme, _, hasScheme := strings.Cut(target, "://")
	switch {
	case target == "":
		return errors.New("facesvc: no address: give host:port of the service's gRPC, such as 127.0.0.1:50051")
	case hasScheme && (scheme == "http" || scheme == "https"):
		return fmt.Errorf("facesvc: %q is an address of REST: give host:port of the service's gRPC, such as 127.0.0.1:50051", target)
	case hasScheme || strings.HasPrefix(target, "unix:") || strings.HasPrefix(target, "dns:"):
		return nil // a name that grpc-go resolves by its scheme
	}
	if _, port, err := net.SplitHostPort(target); err != nil || port == "" {
		return fmt.Errorf("facesvc: %q has no port: give host:port of the service's gRPC, such as 127.0.0.1:50051", target)
	}
	return nil
}

// Close ends the connection.
func (c *Client) Close() error { return c.conn.Close() }

func withKey(key string) grpc.UnaryClientInterceptor {
	return func(ctx context.Context, method string, request, reply any, conn *grpc.ClientConn,
		invoke grpc.UnaryInvoker, options ...grpc.CallOption) error {
		return invoke(carry(ctx, key), method, request, reply, conn, options...)
	}
}

func withKeyOnStreams(key string) grpc.StreamClientInterceptor {
	return func(ctx context.Context, desc *grpc.StreamDesc, conn *grpc.ClientConn, method string,
		stream grpc.Streamer, options ...grpc.CallOption) (grpc.ClientStream, error) {
		return stream(carry(ctx, key), desc, conn, method, options...)
	}
}

func carry(ctx context.Context, key string) context.Context {
	if key == "" {
		return ctx
	}
	return metadata.AppendToOutgoingContext(ctx, "x-api-key", key)
}
