package view

// A Login is the form that lets people in.
type Login struct {
	Name    string // as typed before
	Next    string // where to go then
	Problem string // why the last try was refused; ""
}

// A SetPassword is the form behind a one-time link.
type SetPassword struct {
	Name    string // of the account
	Token   string // of the link
	Problem string // why the last try was refused; ""
	Least   int    // characters of a password
}

// A Failure is what an error page says.
type Failure struct {
	Code   int
	Title  string // "Not found"
	Words  string // what happened, for people
	Advice string // what to do next
	Ref    string // under which the log has it; ""
}
