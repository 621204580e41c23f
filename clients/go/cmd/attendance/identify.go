package main

import (
	"context"
	"encoding/json"
	"io"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc/status"

	facesvc "github.com/facesvc/facesvc/clients/go"
	facesvcv1 "github.com/facesvc/facesvc/clients/go/facesvc/v1"
)

// decision is one line of the worker's output.
type decision struct {
	Event      string   `json:"event"`
	Decision   string   `json:"decision"`
	UserID     string   `json:"user_id,omitempty"`
	Name       string   `json:"name,omitempty"`
	Similarity float32  `json:"similarity,omitempty"`
	Margin     *float32 `json:"margin,omitempty"`
	Reason     string   `json:"reason,omitempty"`
	TookMS     int64    `json:"took_ms"`
}

type worker struct {
	client       *facesvc.Client
	collection   string
	skipLiveness bool
	timeout      time.Duration
	workers      int
}

// run decides every photo of the folder and writes a line for each as soon as it is known.
func (w worker) run(ctx context.Context, folder string, out io.Writer) error {
	photos, _, err := findPhotos(folder)
	if err != nil {
		return err
	}
	events := make(chan string)
	go func() {
		defer close(events)
		for _, photo := range photos {
			select {
			case events <- photo:
			case <-ctx.Done():
				return
			}
		}
	}()
	var done sync.WaitGroup
	lines := lineWriter{encoder: json.NewEncoder(out)}
	for range w.workers {
		done.Add(1)
		go func() {
			defer done.Done()
			for event := range events {
				lines.write(w.decide(ctx, folder, event))
			}
		}()
	}
	done.Wait()
	if lines.err != nil {
		return lines.err
	}
	return ctx.Err()
}

// decide never fails: what went wrong is the event's decision.
func (w worker) decide(ctx context.Context, folder, event string) decision {
	began := time.Now()
	ctx, cancel := context.WithTimeout(ctx, w.timeout)
	defer cancel()
	d, err := w.ask(ctx, filepath.Join(folder, event))
	if err != nil {
		d = decision{Decision: "ERROR", Reason: reasonOf(err)}
	}
	d.Event = event
	d.TookMS = time.Since(began).Milliseconds()
	return d
}

func (w worker) ask(ctx context.Context, path string) (decision, error) {
	photo, err := facesvc.PhotoFile(path)
	if err != nil {
		return decision{}, err
	}
	answer, err := w.client.CheckIn(ctx, photo, facesvc.CheckInOptions{
		Collection: w.collection, SkipLiveness: w.skipLiveness,
	})
	if err != nil {
		return decision{}, err
	}
	return lineOf(answer), nil
}

// lineOf tells a check-in in one line.
func lineOf(answer *facesvcv1.CheckInResponse) decision {
	reasons := make([]string, 0, len(answer.GetReasons()))
	for _, reason := range answer.GetReasons() {
		reasons = append(reasons, reason.GetReason().String())
	}
	return decision{
		Decision:   answer.GetDecision().String(),
		UserID:     answer.GetMatch().GetUserId(),
		Name:       answer.GetMatch().GetName(),
		Similarity: answer.GetMatch().GetSimilarity(),
		Margin:     answer.Margin,
		Reason:     strings.Join(reasons, " "),
	}
}

func reasonOf(err error) string {
	if reason := facesvc.Reason(err); reason != facesvcv1.ErrorReason_ERROR_REASON_UNSPECIFIED {
		return reason.String()
	}
	return status.Convert(err).Message()
}

// lineWriter writes whole lines from many goroutines and keeps the first error.
type lineWriter struct {
	mutex   sync.Mutex
	encoder *json.Encoder
	err     error
}

func (l *lineWriter) write(d decision) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if err := l.encoder.Encode(d); err != nil && l.err == nil {
		l.err = err
	}
}
