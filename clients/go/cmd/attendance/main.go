// Attendance shows how a service of your own uses facesvc: an administrator enrols the staff from
// a folder of photos, and a worker tells who is in each selfie of another.
//
//	attendance enrol -photos staff/       staff/anna.jpg, or staff/anna/1.jpg and staff/anna/2.jpg
//	attendance identify -photos selfies/  one JSON line a selfie on standard output
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"time"

	facesvc "github.com/facesvc/facesvc/clients/go"
)

const usage = "usage: attendance enrol|identify -photos FOLDER [-addr HOST:PORT] [-collection NAME]"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); errors.Is(err, flag.ErrHelp) {
		return // what was asked for has been written
	} else if err != nil {
		fmt.Fprintln(os.Stderr, "attendance:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, arguments []string) error {
	if len(arguments) == 0 {
		return fmt.Errorf(usage)
	}
	flags := flag.NewFlagSet("attendance "+arguments[0], flag.ContinueOnError)
	addr := flags.String("addr", envOr("FACESVC_ADDR", "127.0.0.1:50051"), "the service's gRPC address")
	photos := flags.String("photos", "", "folder of photos")
	collection := flags.String("collection", "", "collection of the staff; empty means the default")
	workers := flags.Int("workers", 4, "photos in progress at a time")
	timeout := flags.Duration("timeout", 30*time.Second, "patience for one photo, retries included")
	skipLiveness := flags.Bool("skip-liveness", false, "identify: do not check whether faces look live")
	if err := flags.Parse(arguments[1:]); err != nil {
		return err
	}
	if *photos == "" || *workers < 1 {
		return fmt.Errorf(usage)
	}
	// The key is a secret, so it is not a flag that ps would show.
	client, err := facesvc.Dial(*addr, facesvc.WithAPIKey(os.Getenv("FACESVC_API_KEY")))
	if err != nil {
		return err
	}
	defer client.Close()

	switch arguments[0] {
	case "enrol":
		return enrol(ctx, client, enrolment{
			folder: *photos, collection: *collection, timeout: *timeout, log: os.Stderr,
		})
	case "identify":
		worker := worker{
			client: client, collection: *collection, skipLiveness: *skipLiveness,
			timeout: *timeout, workers: *workers,
		}
		return worker.run(ctx, *photos, os.Stdout)
	default:
		return fmt.Errorf(usage)
	}
}

func envOr(name, fallback string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return fallback
}
