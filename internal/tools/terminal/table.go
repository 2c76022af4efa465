package terminal

import "strings"

// A Table is rows of cells in aligned columns, two spaces apart. A cell is one line, and may
// be painted. The last column is wrapped at the width of the stream.
type Table struct {
	// Indent is how many spaces stand before each line.
	// Default: 0.
	Indent int
	// Header names the columns, in bold type.
	// Default: none.
	Header []string
	// Right are the indices of columns that are aligned to the right, as numbers are.
	// Default: none.
	Right []int

	rows [][]string
}

// Row adds a row. Rows may have fewer cells than others.
func (t *Table) Row(cells ...string) { t.rows = append(t.rows, cells) }

// The last column is not made narrower than this: it is no use to read it word by word.
const narrowest = 20

// Table writes the table.
func (s *Stream) Table(t Table) error {
	rows := t.rows
	if t.Header != nil {
		header := make([]string, len(t.Header))
		for i, name := range t.Header {
			header[i] = s.Paint(name, Bold)
		}
		rows = append([][]string{header}, rows...)
	}
	var columns []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(columns) {
				columns = append(columns, 0)
			}
			columns[i] = max(columns[i], Columns(cell))
		}
	}
	right := map[int]bool{}
	for _, i := range t.Right {
		right[i] = true
	}

	var b strings.Builder
	for _, row := range rows {
		line := strings.Repeat(" ", t.Indent)
		for i, cell := range row {
			if i > 0 {
				line += "  "
			}
			fill := strings.Repeat(" ", columns[i]-Columns(cell))
			last := i == len(columns)-1
			switch {
			case last && !right[i]:
				width := s.Width()
				if width > 0 {
					width = max(width, Columns(line)+narrowest)
				}
				line = Wrap(cell, width, line, strings.Repeat(" ", Columns(line)))
			case right[i]:
				line += fill + cell
			default:
				line += cell + fill
			}
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	_, err := s.Write([]byte(b.String()))
	return err
}
