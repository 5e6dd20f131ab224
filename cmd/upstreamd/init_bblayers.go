package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// A bblayers is what a build directory's conf/bblayers.conf says.
type bblayers struct {
	paths   []string // of layers, absolute, in the order of BBLAYERS
	unknown []string // entries that hold a variable whose value is not known
}

var (
	// assignment is a line of a bitbake configuration file. Names may end in
	// an operation of either syntax, :append or _append.
	assignment = regexp.MustCompile(`^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_:-]*?)\s*(=|\?=|\?\?=|:=|\+=|=\+|\.=|=\.)\s*(?:"([^"]*)"|'([^']*)')\s*$`)
	operation  = regexp.MustCompile(`[:_](append|prepend|remove)$`)
	variable   = regexp.MustCompile(`\$\{([A-Za-z_][A-Za-z0-9_-]*)\}`)
	// besideFile is how board support packages find the directory above the
	// build directory: "${@os.path.abspath(os.path.dirname(d.getVar('FILE', True)) + '/../..')}".
	besideFile = regexp.MustCompile(`\$\{@os\.path\.(?:abspath|normpath|realpath)\(os\.path\.dirname\(d\.getVar\(["']FILE["'](?:,\s*(?:True|1))?\)\)\s*\+\s*["']([/.]*)["']\)\}`)
)

// readBBLayers reads a bblayers.conf. What bitbake itself or a file that it
// includes would say is found by looking around, where that can be.
func readBBLayers(path string) (bblayers, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return bblayers{}, err
	}
	const longest = 1 << 20
	info, err := os.Stat(path)
	if err != nil {
		return bblayers{}, err
	}
	if info.Size() > longest {
		return bblayers{}, usagef("%s: larger than 1 MiB, which no bblayers.conf is", path)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return bblayers{}, err
	}
	return resolveLayers(parseAssignments(string(b), filepath.Dir(path)), filepath.Dir(filepath.Dir(path))), nil
}

// parseAssignments reads the variables of a configuration file in directory
// conf. Lines that are no assignments are passed over.
func parseAssignments(text, conf string) map[string]string {
	vars := map[string]string{}
	var late [][3]string // appends, prepends and removes: name, kind, value
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\\\n", " ")
	for line := range strings.Lines(text) {
		if strings.HasPrefix(strings.TrimSpace(line), "#") {
			continue
		}
		// Python is not run; this one expression is known.
		line = besideFile.ReplaceAllStringFunc(line, func(s string) string {
			return filepath.Join(conf, besideFile.FindStringSubmatch(s)[1])
		})
		g := assignment.FindStringSubmatch(strings.TrimSpace(line))
		if g == nil {
			continue
		}
		name, op, value := g[1], g[2], g[3]+g[4]
		if kind := operation.FindStringSubmatch(name); kind != nil {
			late = append(late, [3]string{strings.TrimSuffix(name, kind[0]), kind[1], value})
			continue
		}
		old, known := vars[name]
		switch op {
		case "?=", "??=":
			if !known {
				vars[name] = value
			}
		case "+=":
			vars[name] = old + " " + value
		case "=+":
			vars[name] = value + " " + old
		case ".=":
			vars[name] = old + value
		case "=.":
			vars[name] = value + old
		default:
			vars[name] = value
		}
	}
	for _, l := range late {
		vars[l[0]] = operate(vars[l[0]], l[1], l[2])
	}
	return vars
}

func operate(old, kind, value string) string {
	switch kind {
	case "append":
		return old + value
	case "prepend":
		return value + old
	}
	gone := strings.Fields(value)
	return strings.Join(slices.DeleteFunc(strings.Fields(old), func(w string) bool { return slices.Contains(gone, w) }), " ")
}

// resolveLayers expands BBLAYERS, given the build directory.
func resolveLayers(vars map[string]string, build string) bblayers {
	if vars["TOPDIR"] == "" {
		vars["TOPDIR"] = build
	}
	for _, name := range []string{"COREBASE", "OEROOT", "BSPDIR"} {
		if vars[name] == "" {
			vars[name] = around(name, build)
		}
	}
	var found bblayers
	for _, entry := range strings.Fields(expandVars(vars["BBLAYERS"], vars)) {
		switch {
		case strings.Contains(entry, "${"):
			found.unknown = append(found.unknown, entry)
			continue
		case !filepath.IsAbs(entry):
			entry = filepath.Join(build, entry)
		}
		if entry = filepath.Clean(entry); !slices.Contains(found.paths, entry) {
			found.paths = append(found.paths, entry)
		}
	}
	return found
}

// expandVars expands variables in variables, not deeper than is sane and not
// to more than 1 MiB.
func expandVars(s string, vars map[string]string) string {
	room := 1 << 20
	for range 10 {
		next := variable.ReplaceAllStringFunc(s, func(ref string) string {
			v := vars[variable.FindStringSubmatch(ref)[1]]
			if v == "" || len(v) > room {
				return ref
			}
			room -= len(v)
			return v
		})
		if next == s {
			break
		}
		s = next
	}
	return s
}

// around looks for a directory that is set elsewhere: COREBASE and OEROOT have
// openembedded-core in them, BSPDIR has everything and is above the build
// directory.
func around(name, build string) string {
	above := filepath.Dir(build)
	if name == "BSPDIR" {
		return above
	}
	dirs := []string{above}
	for _, pattern := range []string{"*", "sources/*", "layers/*"} {
		more, err := filepath.Glob(filepath.Join(above, pattern)) // fails for a bad pattern only
		if err == nil {
			dirs = append(dirs, more...)
		}
	}
	for _, dir := range dirs {
		if _, err := os.Stat(filepath.Join(dir, "meta", "conf", "bitbake.conf")); err == nil {
			return dir
		}
	}
	return ""
}
