package demo

import (
	"fmt"
	"io/fs"
	"strings"
)

// An entry is one thing that happens in a script. It looks like this:
//
//	== commit read-bounds
//	by: kenji 380d4h
//	applied: edwin 377d
//
//	lib/xattr: check where a value ends
//
//	A crafted image could point behind the block.
//	@@ lib/xattr.c
//	 	strncat(name, (const char *)(e + 1), e->e_name_len);
//	-	if (e->e_value_offs + e->e_value_size > size)
//	+	if (e->e_value_offs > size || e->e_value_size > size - e->e_value_offs)
//	 		return EIO;
//
// First the kind and its arguments, then fields, an empty line, a text, and
// edits. Ages are days and hours before now. Lines that begin with "#" are comments,
// but for those in texts.
type entry struct {
	kind   string
	args   []string
	fields map[string]string
	text   string
	edits  []edit
	line   int // of the script
}

// An edit changes one place of one file, as a hunk without line numbers: the
// old lines must stand in the file exactly once. Without old lines it makes
// the file.
type edit struct {
	how      string // "" for an edit, else "delete", "patch", "move"
	path     string
	from     string // of a patch: "repository/commit"; of a move: the old path
	old, new string
	lines    string // of a patch: what to add to its message
	blank    int    // empty lines that are context if more comes
}

// readScript reads a script of the world.
func readScript(name string) ([]entry, error) {
	b, err := fs.ReadFile(world, "world/"+name)
	if err != nil {
		return nil, err
	}
	entries, err := parseScript(string(b))
	if err != nil {
		return nil, fmt.Errorf("%s:%w", name, err)
	}
	return entries, nil
}

func parseScript(text string) ([]entry, error) {
	var entries []entry
	part := "before" // "fields", "text" or "edits" of the last entry
	number := 0
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimSuffix(line, "\n")
		if head, ok := strings.CutPrefix(line, "== "); ok {
			words := strings.Fields(head)
			entries = append(entries, entry{kind: words[0], args: words[1:], fields: map[string]string{}, line: number})
			part = "fields"
			continue
		}
		if part == "before" {
			if line != "" && line[0] != '#' {
				return nil, fmt.Errorf("%d: %q stands outside of an entry", number, line)
			}
			continue
		}
		var err error
		if part, err = entries[len(entries)-1].add(part, line); err != nil {
			return nil, fmt.Errorf("%d: %w", number, err)
		}
	}
	for i := range entries {
		entries[i].text = strings.TrimSpace(entries[i].text)
	}
	return entries, nil
}

// add takes one more line and says which part the next one belongs to.
func (e *entry) add(part, line string) (string, error) {
	if strings.HasPrefix(line, "@@") {
		d, err := parseEdit(line)
		e.edits = append(e.edits, d)
		return "edits", err
	}
	switch part {
	case "fields":
		if line == "" {
			return "text", nil
		}
		if line[0] == '#' {
			return part, nil
		}
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			return part, fmt.Errorf("%q is no field", line)
		}
		e.fields[name] = strings.TrimSpace(value)
	case "text":
		e.text += line + "\n"
	case "edits":
		return part, e.edits[len(e.edits)-1].add(line)
	}
	return part, nil
}

// parseEdit reads the line that begins an edit.
func parseEdit(line string) (edit, error) {
	how, rest, _ := strings.Cut(strings.TrimPrefix(line, "@@"), " ")
	words := strings.Fields(rest)
	switch {
	case (how == "" || how == "delete") && len(words) == 1:
		return edit{how: how, path: words[0]}, nil
	case (how == "patch" || how == "move") && len(words) == 3 && words[1] == "from":
		return edit{how: how, path: words[0], from: words[2]}, nil
	}
	return edit{}, fmt.Errorf("%q begins no edit", line)
}

// add takes one more line of the edit.
func (d *edit) add(line string) error {
	if d.how == "patch" {
		d.lines += line + "\n"
		return nil
	}
	switch {
	case line == "": // context, or only what stands before the next entry
		d.blank++
		return nil
	case line[0] == '#':
		return nil
	}
	empty := strings.Repeat("\n", d.blank)
	d.old, d.new, d.blank = d.old+empty, d.new+empty, 0
	rest := line[1:] + "\n"
	switch line[0] {
	case ' ':
		d.old, d.new = d.old+rest, d.new+rest
	case '-':
		d.old += rest
	case '+':
		d.new += rest
	default:
		return fmt.Errorf("%q: want a space, - or + before it", line)
	}
	return nil
}

// apply makes the edit in files, by path.
func (d edit) apply(files map[string]string) error {
	switch d.how {
	case "delete":
		if _, ok := files[d.path]; !ok {
			return fmt.Errorf("%s: no such file", d.path)
		}
		delete(files, d.path)
		return nil
	case "move":
		content, ok := files[d.from]
		if !ok {
			return fmt.Errorf("%s: no such file", d.from)
		}
		delete(files, d.from)
		files[d.path] = content
		if d.old == "" && d.new == "" {
			return nil
		}
	}
	content, there := files[d.path]
	if d.old == "" {
		if there {
			return fmt.Errorf("%s: is there already", d.path)
		}
		files[d.path] = d.new
		return nil
	}
	if n := strings.Count("\n"+content, "\n"+d.old); n != 1 {
		return fmt.Errorf("%s: the old lines are there %d times:\n%s", d.path, n, d.old)
	}
	files[d.path] = strings.Replace("\n"+content, "\n"+d.old, "\n"+d.new, 1)[1:]
	return nil
}
