// Package facesvc calls a face recognition service over gRPC.
//
// A Client retries by itself what is safe to try again: every write carries a request_id, so that
// a write whose answer was lost is not done twice. Reason tells errors apart:
//
//	client, err := facesvc.Dial("127.0.0.1:50051")
//	...
//	found, err := client.Search(ctx, photo, facesvc.SearchOptions{TopK: 2})
//	if facesvc.Reason(err) == facesvcv1.ErrorReason_NO_FACE { ... }
//
// Every call of the contract is a method of Client by its own name; streams are iterators. The
// generated messages are in facesvc/v1, and Client.Faces and Client.Gallery are the generated stubs
// on the same connection.
package facesvc
