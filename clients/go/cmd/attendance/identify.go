package main

import (
	"context"
	"encoding/json"
	"io"
	"path/filepath"
	"sync"
	"time"

	"google.golang.org/grpc/status"

	facesvc "github.com/facesvc/facesvc/clients/go"
	facesvcv1 "github.com/facesvc/facesvc/clients/go/facesvc/v1"
)

const (
	// reviewBelow is how far under the service's threshold a match still goes to a person.
	reviewBelow = 0.08
	// marginNeeded between the best and the second user; less could be either of two people.
	marginNeeded = 0.05
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
	client     *facesvc.Client
	collection string
	liveness   bool
	timeout    time.Duration
	workers    int
}

// run decides every photo of the folder and writes a line for each as soon as it is known.
func (w worker) run(ctx context.Context, folder string, out io.Writer) error {
	photos, err := findPhotos(folder)
	if err != nil {
		return err
	}
	health, err := w.client.Health(ctx)
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
				lines.write(w.decide(ctx, folder, event, health.GetMatchThreshold()))
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
func (w worker) decide(ctx context.Context, folder, event string, threshold float32) decision {
	began := time.Now()
	ctx, cancel := context.WithTimeout(ctx, w.timeout)
	defer cancel()
	d, err := w.ask(ctx, filepath.Join(folder, event), threshold)
	if err != nil {
		d = decision{Decision: "ERROR", Reason: reasonOf(err)}
	}
	d.Event = event
	d.TookMS = time.Since(began).Milliseconds()
	return d
}

func (w worker) ask(ctx context.Context, path string, threshold float32) (decision, error) {
	photo, err := facesvc.PhotoFile(path)
	if err != nil {
		return decision{}, err
	}
	if w.liveness {
		live, err := w.client.CheckLiveness(ctx, photo)
		if err != nil {
			return decision{}, err
		}
		if !live.GetIsLive() {
			return decision{Decision: "NOT_LIVE", Reason: "decided by " + live.GetMethod()}, nil
		}
	}
	reviewFrom := threshold - reviewBelow
	found, err := w.client.Search(ctx, photo, facesvc.SearchOptions{
		Collection: w.collection, TopK: 2, Threshold: &reviewFrom,
	})
	if err != nil {
		return decision{}, err
	}
	return judge(found.GetMatches(), threshold), nil
}

// judge turns the two best matches into a decision.
func judge(matches []*facesvcv1.Match, threshold float32) decision {
	if len(matches) == 0 {
		return decision{Decision: "NO_MATCH"}
	}
	best := matches[0]
	d := decision{
		Decision: "MATCH", UserID: best.GetUserId(), Name: best.GetName(), Similarity: best.GetSimilarity(),
	}
	if len(matches) > 1 {
		margin := best.GetSimilarity() - matches[1].GetSimilarity()
		d.Margin = &margin
		if margin < marginNeeded {
			d.Decision, d.Reason = "REVIEW", "a second person looks as similar"
		}
	}
	if best.GetSimilarity() < threshold {
		d.Decision, d.Reason = "REVIEW", "just below the threshold"
	}
	return d
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
