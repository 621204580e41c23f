package facesvc

import (
	"context"

	facesvcv1 "github.com/facesvc/facesvc/clients/go/facesvc/v1"
)

// SearchOptions narrows a search; the zero value means the service's defaults.
type SearchOptions struct {
	Collection string
	// TopK is the most matches, 1 to 10000; 0 means the default.
	TopK int32
	// Threshold of the similarity; nil means the default.
	Threshold *float32
	// TargetFPIR makes the threshold for the collection's size: the share of strangers who may be
	// answered with somebody; nil means Threshold's default.
	TargetFPIR *float32
	// AllowUnrecognizable lets a face without an identity match; nil means the default.
	AllowUnrecognizable *bool
	// MinVersion of the collection that the search must include: a write's version.
	MinVersion uint32
	// AllowPartial accepts an answer that lacks a part of a gallery spread over several servers.
	AllowPartial bool
	// Where chooses users by their metadata, before they are ranked.
	Where Where
	// IncludeMetadata gives each match the user's metadata.
	IncludeMetadata bool
	// Face that is meant in a photo of several.
	Face FaceOptions
}

// Search finds the users who look most like the photo's best face.
func (c *Client) Search(ctx context.Context, photo Photo, o SearchOptions) (*facesvcv1.SearchResponse, error) {
	where, err := o.Where.conditions()
	if err != nil {
		return nil, err
	}
	request := &facesvcv1.SearchRequest{
		Where: where, IncludeMetadata: o.IncludeMetadata,
		Collection: o.Collection, Threshold: o.Threshold, MinVersion: o.MinVersion,
		TargetFpir: o.TargetFPIR, AllowUnrecognizable: o.AllowUnrecognizable,
		AllowPartial: o.AllowPartial, FaceSelection: o.Face.Selection, RequireSingleFace: o.Face.RequireSingle,
	}
	if o.TopK != 0 {
		request.TopK = &o.TopK
	}
	if err := photo.into(request, ""); err != nil {
		return nil, err
	}
	return c.Gallery.Search(ctx, request)
}

// VerifyOptions narrow a verification; the zero value means the service's defaults.
type VerifyOptions struct {
	Collection string
	// Threshold of the similarity; nil means the default.
	Threshold *float32
	// TargetFMR makes the threshold: the share of comparisons of different people that may match;
	// nil means Threshold's default.
	TargetFMR *float32
	// AllowUnrecognizable lets a face without an identity match; nil means the default.
	AllowUnrecognizable *bool
	// MinVersion of the collection that the check must include: a write's version.
	MinVersion uint32
	// Face that is meant in a photo of several.
	Face FaceOptions
}

// Verify tells whether the photo's best face is the user's.
func (c *Client) Verify(ctx context.Context, userID string, photo Photo, o VerifyOptions) (*facesvcv1.VerifyResponse, error) {
	request := &facesvcv1.VerifyRequest{
		UserId: userID, Collection: o.Collection, Threshold: o.Threshold, MinVersion: o.MinVersion,
		TargetFmr: o.TargetFMR, AllowUnrecognizable: o.AllowUnrecognizable,
		FaceSelection: o.Face.Selection, RequireSingleFace: o.Face.RequireSingle,
	}
	if err := photo.into(request, ""); err != nil {
		return nil, err
	}
	return c.Gallery.Verify(ctx, request)
}

// CheckInOptions narrows a check-in; the zero value means the service's defaults.
type CheckInOptions struct {
	// UserID that the person claims to be; empty means to search among all.
	UserID     string
	Collection string
	// Threshold of the similarity; nil means the default.
	Threshold *float32
	// ReviewBand below the threshold, and MinMargin to any other user, decide what a person should
	// look at; nil means the defaults.
	ReviewBand *float32
	MinMargin  *float32
	// SkipLiveness leaves out the liveness check.
	SkipLiveness bool
	// TargetFPIR makes the threshold for the collection's size: the share of strangers who may be
	// answered with somebody; nil means Threshold's default.
	TargetFPIR *float32
	// AllowUnrecognizable lets a face without an identity match; nil means the default.
	AllowUnrecognizable *bool
	// MinVersion of the collection that the decision must include: a write's version.
	MinVersion uint32
	// Where chooses users by their metadata, before they are ranked; not beside UserID.
	Where Where
	// IncludeMetadata gives the match the user's metadata.
	IncludeMetadata bool
	// Face that is meant in a photo of several.
	Face FaceOptions
}

// StartChallenge asks for movements that the frames of a CheckInFrames must show.
func (c *Client) StartChallenge(ctx context.Context, collection string) (*facesvcv1.StartChallengeResponse, error) {
	return c.Gallery.StartChallenge(ctx, &facesvcv1.StartChallengeRequest{Collection: collection})
}

// CheckInFrames decides on two to five frames of one person, each the bytes of a photo. With the
// token of a challenge, one is straight ahead and then one for each movement; empty means none.
func (c *Client) CheckInFrames(ctx context.Context, frames [][]byte, challengeToken string, o CheckInOptions) (*facesvcv1.CheckInResponse, error) {
	request, err := checkInRequest(o)
	if err != nil {
		return nil, err
	}
	request.Images = frames
	request.ChallengeToken = challengeToken
	return c.Gallery.CheckIn(ctx, request)
}

func checkInRequest(o CheckInOptions) (*facesvcv1.CheckInRequest, error) {
	where, err := o.Where.conditions()
	return &facesvcv1.CheckInRequest{
		Where: where, IncludeMetadata: o.IncludeMetadata,
		UserId: o.UserID, Collection: o.Collection, Threshold: o.Threshold, ReviewBand: o.ReviewBand,
		MinMargin: o.MinMargin, SkipLiveness: o.SkipLiveness, MinVersion: o.MinVersion,
		TargetFpir: o.TargetFPIR, AllowUnrecognizable: o.AllowUnrecognizable,
		FaceSelection: o.Face.Selection, RequireSingleFace: o.Face.RequireSingle,
	}, err
}

// CheckIn decides on a selfie: good enough, live, and whose face it is.
func (c *Client) CheckIn(ctx context.Context, photo Photo, o CheckInOptions) (*facesvcv1.CheckInResponse, error) {
	request, err := checkInRequest(o)
	if err != nil {
		return nil, err
	}
	if err := photo.into(request, ""); err != nil {
		return nil, err
	}
	return c.Gallery.CheckIn(ctx, request)
}

// IdentifyOptions narrow an identification; the zero value means the service's defaults.
type IdentifyOptions struct {
	Collection string
	// Threshold of the similarity; nil means the default.
	Threshold *float32
	// TargetFPIR makes the threshold for the collection's size: the share of strangers who may be
	// answered with somebody; nil means Threshold's default.
	TargetFPIR *float32
	// AllowUnrecognizable lets a face without an identity match; nil means the default.
	AllowUnrecognizable *bool
	// CheckLiveness of each face; the answer tells it.
	CheckLiveness bool
	// MinVersion of the collection that the search must include: a write's version.
	MinVersion uint32
	// Where chooses users by their metadata, before they are ranked.
	Where Where
	// IncludeMetadata gives each user of the roll call the user's metadata.
	IncludeMetadata bool
}

// Identify finds out who is in a group photo.
func (c *Client) Identify(ctx context.Context, photo Photo, o IdentifyOptions) (*facesvcv1.IdentifyResponse, error) {
	where, err := o.Where.conditions()
	if err != nil {
		return nil, err
	}
	request := &facesvcv1.IdentifyRequest{
		Where: where, IncludeMetadata: o.IncludeMetadata,
		Collection: o.Collection, Threshold: o.Threshold, MinVersion: o.MinVersion,
		TargetFpir: o.TargetFPIR, AllowUnrecognizable: o.AllowUnrecognizable, CheckLiveness: o.CheckLiveness,
	}
	if err := photo.into(request, ""); err != nil {
		return nil, err
	}
	return c.Gallery.Identify(ctx, request)
}
