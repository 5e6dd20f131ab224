//go:build !unix

package main

import "os"

// terminalWidth is the number of columns of a terminal.
func terminalWidth(*os.File) int { return 80 }
