package terminal

import "golang.org/x/sys/windows"

// understandsEscapes reports whether the console follows escape sequences, which it does
// since Windows 10 for programs that ask for it.
func understandsEscapes(fd uintptr) bool {
	var mode uint32
	if windows.GetConsoleMode(windows.Handle(fd), &mode) != nil {
		return false
	}
	return windows.SetConsoleMode(windows.Handle(fd), mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING) == nil
}
