package layer

// Limits on what a layer may ask of us. They are far above anything real.
const (
	maxFile        = 10 << 20 // bytes of one metadata file
	maxDepth       = 32       // files that include each other, expressions in expressions
	maxStatements  = 400_000  // run for one recipe, with its includes and classes
	maxValue       = 1 << 20  // bytes of one expanded value
	maxSteps       = 400_000  // expansions and Python nodes for one recipe
	maxVariants    = 100      // sets of overrides that one recipe is tried with
	maxConditional = 500      // patches of them
	maxProblems    = 50       // kept for one recipe; more say nothing new
	maxSet         = 2_000    // elements of a Python set
	maxOps         = 20_000   // appends, prepends and removes of one variable
	maxNames       = 10_000   // FOO:x of one FOO
	maxOverrides   = 500      // active at a time
	maxDirs        = 1_000    // in which a file is looked for
	maxWork        = 32 << 20 // bytes of values made for one recipe
)
