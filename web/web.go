// Package web serves the pages: one file for each page, named as its URL.
//
// A handler parses the request, asks the store, fills a struct of package view
// and shows it; it returns its error, and one wrapper answers for all (see
// answer.go). The pages read the store and record what a person decides; they
// start no work but to nudge the daemon to judge again.
//
// Enter by [New] and [Server.Serve]. Who is not logged in gets nothing but the
// login page, the files that pages load, and /healthz and /readyz: one
// middleware refuses everything else (see enter.go).
package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"github.com/upstreamd/upstreamd/internal/auth"
	"github.com/upstreamd/upstreamd/internal/change"
	"github.com/upstreamd/upstreamd/web/static"
)

// A Config says what the pages show and how they are served.
type Config struct {
	Store    Store        // required
	Sessions scs.CtxStore // required
	People   []string     // names of the team: who can own a change

	// Addresses are the names of the team by address in lower case: what comes from them is
	// on our side.
	Addresses map[string]string

	// CommitDiff is the diff of a commit of a project; PatchText is the text
	// of a carried or posted patch. Where one is nil, or fails, the page says
	// so instead of showing both side by side.
	CommitDiff func(ctx context.Context, project, hash string) ([]byte, error)
	PatchText  func(ctx context.Context, s change.Sighting) ([]byte, error)

	// LayerFile is the content of a file of a configured layer by its git blob.
	// Where it is nil, or fails, duplicates are not shown side by side.
	LayerFile func(ctx context.Context, layer, blob string) ([]byte, error)

	// FindCommit is the full hash of a commit of a project by what a person
	// typed. Where it is nil only a full hash is taken.
	FindCommit func(ctx context.Context, project, rev string) (string, error)

	// Pins are what the team has fixed of the projects: branches that it
	// follows, versions of recipes. Where it is nil no backport gap is shown.
	Pins func(ctx context.Context) ([]change.Pin, error)

	// Project is the name of the project that a recipe is built from by its PN,
	// "" for none. Where it is nil commits that break patches lead nowhere.
	Project func(ctx context.Context, pn string) (string, error)

	Nudge func()                      // told after every decision; nil is nobody
	Ready func(context.Context) error // why the daemon cannot work; nil is always ready

	TLS            bool     // browsers come by https: cookies are bound to it
	TrustedProxies []string // prefixes as "10.0.0.0/8" whose X-Forwarded-For is believed
	Log            *slog.Logger
	Now            func() time.Time // nil is time.Now
}

// Store is all that the pages ask of the store; each part stands beside the
// page that needs it.
type Store interface {
	accountStore
	overviewStore
	changesStore
	changeStore
	gapStore
	seriesStore
	togetherStore
	layerStore
	duplicateStore
	recipeStore
	versionStore
	planStore
	messageStore
	sourceStore
	searchStore
}

// A Server answers for the pages.
type Server struct {
	config    Config
	store     Store
	log       *slog.Logger
	now       func() time.Time
	files     *static.Files
	sessions  *scs.SessionManager
	throttle  auth.Throttle
	summaries summaries
	handler   http.Handler
}

// New checks the configuration and returns a Server that is ready to serve.
func New(c Config) (*Server, error) {
	if c.Store == nil || c.Sessions == nil {
		return nil, errors.New("web: Store and Sessions are required")
	}
	files, err := static.New()
	if err != nil {
		return nil, fmt.Errorf("web: %w", err)
	}
	s := &Server{config: c, store: c.Store, log: c.Log, now: c.Now, files: files}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.now == nil {
		s.now = time.Now
	}
	s.sessions = newSessions(c)
	s.sessions.ErrorFunc = func(w http.ResponseWriter, r *http.Request, err error) { s.fail(w, r, err) }
	if s.handler, err = s.routes(); err != nil {
		return nil, fmt.Errorf("web: %w", err)
	}
	return s, nil
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// routes is every path that there is.
func (s *Server) routes() (chi.Router, error) {
	client, err := clientAddress(s.config.TrustedProxies)
	if err != nil {
		return nil, err
	}
	outside := chi.NewRouter()
	outside.Use(s.recover, s.headers, limits)
	outside.Get("/healthz", s.healthz)
	outside.Get("/readyz", s.readyz)
	outside.Get("/robots.txt", s.robots)
	outside.Get(static.Prefix+"*", s.files.ServeHTTP)

	cross := http.NewCrossOriginProtection()
	cross.SetDenyHandler(s.answer(func(http.ResponseWriter, *http.Request) error { return errCrossOrigin }))
	inside := chi.NewRouter()
	inside.Use(client, cross.Handler, s.sessions.LoadAndSave, s.enter, middleware.GetHead)
	inside.NotFound(s.answer(func(http.ResponseWriter, *http.Request) error { return errNoPage }))
	inside.MethodNotAllowed(s.answer(func(http.ResponseWriter, *http.Request) error { return errMethod }))
	s.pages(inside)
	outside.Mount("/", inside)
	return outside, nil
}

// pages is every page with its handler.
func (s *Server) pages(r chi.Router) {
	get := func(path string, h handler) { r.Get(path, s.answer(h)) }
	post := func(path string, h handler) { r.Post(path, s.answer(h)) }

	get("/login", s.showLogin)
	post("/login", s.login)
	post("/logout", s.logout)
	get("/set-password", s.showSetPassword)
	post("/set-password", s.setPassword)
	post("/display", s.setDisplay)

	get("/", s.overview)
	get("/changes", s.changes)
	get("/changes/{id}", s.change)
	get("/changes/{id}/compare", s.versus)
	post("/changes/{id}/decisions", s.decide)
	get("/gaps", s.gaps)
	get("/series", s.seriesList)
	get("/series/{id}", s.series)
	get("/series/{id}/range", s.ranges)
	post("/series/{id}/decisions", s.decideSeries)
	get("/layers", s.layers)
	get("/layers/*", s.layer)
	get("/duplicates", s.duplicate)
	post("/duplicates/decisions", s.decideDuplicate)
	get("/recipes/*", s.recipe)
	get("/versions", s.versions)
	get("/versions/patch", s.movedPatch)
	get("/plan", s.plans)
	get("/plan/*", s.plan)
	get("/sources", s.sources)
	get("/m/*", s.message)
	get("/search", s.search)
}
