package git

import (
	"io"
	"os/exec"

	"golang.org/x/sys/unix"
)

// startLimited starts cmd and limits its address space. Its input is held
// back until the limit is set, so that git cannot work on it before.
func startLimited(cmd *exec.Cmd, space uint64) error {
	if space == 0 {
		return cmd.Start()
	}
	in := cmd.Stdin
	cmd.Stdin = nil
	pipe, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	limit := &unix.Rlimit{Cur: space, Max: space}
	if err := unix.Prlimit(cmd.Process.Pid, unix.RLIMIT_AS, limit, nil); err != nil {
		cmd.Cancel()
		cmd.Wait()
		return err
	}
	go func() {
		defer pipe.Close()
		if in != nil {
			io.Copy(pipe, in) // git that ends early is seen by Wait
		}
	}()
	return nil
}
