// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include "command.h"
#include "protocol.h"
#include "refusal.h"

#define WORDS_MAX 4096

/* An EXEC frame taken apart; the strings stay where they are. */
struct request {
	struct kc_exec exec;
	char *argv[WORDS_MAX + 1];
	char *envp[WORDS_MAX + 1];
	const char *dir;
};

/* Takes count strings off *at; false if the frame ends first. */
static bool take_strings(char **words, uint32_t count, char **at, char *end)
{
	if (count > WORDS_MAX)
		return false;
	for (uint32_t i = 0; i < count; i++) {
		char *nul = memchr(*at, '\0', end - *at);

		if (!nul)
			return false;
		words[i] = *at;
		*at = nul + 1;
	}
	words[count] = NULL;
	return true;
}

static bool parse(struct request *request, const unsigned char *frame, size_t len)
{
	char *at = (char *)frame + sizeof(request->exec);
	char *end = (char *)frame + len;
	char *dir[WORDS_MAX + 1];

	if (len < sizeof(request->exec))
		return false;
	memcpy(&request->exec, frame, sizeof(request->exec));
	if (!request->exec.argc || !take_strings(request->argv, request->exec.argc, &at, end) ||
	    !take_strings(request->envp, request->exec.envc, &at, end) ||
	    !take_strings(dir, 1, &at, end))
		return false;
	request->dir = dir[0];
	return true;
}

static void die(int status, const char *what, const char *why)
{
	dprintf(STDERR_FILENO, "%s: %s\n", what, why);
	_exit(status);
}

static void die_refused(const char *name, int error)
{
	char why[1024];

	refusal_explain(name, error, why, sizeof(why));
	die(error == ENOENT ? 127 : 126, name, why);
}

static void run_child(const struct request *request)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	for (uint32_t i = 0; i < request->exec.envc; i++)
		putenv(request->envp[i]);
	if (*request->dir && chdir(request->dir))
		die(126, request->dir, strerror(errno));
	execvp(request->argv[0], request->argv);
	die_refused(request->argv[0], errno);
}

static const char *start_on_tty(struct command *command, const struct request *request)
{
	struct winsize size = {
		.ws_row = request->exec.rows,
		.ws_col = request->exec.columns,
	};

	command->pid = forkpty(&command->in, NULL, NULL, &size);
	if (command->pid < 0)
		return strerror(errno);
	if (!command->pid)
		run_child(request);
	command->out = command->in;
	command->err = -1;
	return NULL;
}

static const char *start_on_pipes(struct command *command, const struct request *request)
{
	int pipes[3][2];

	for (int i = 0; i < 3; i++)
		if (pipe2(pipes[i], O_CLOEXEC))
			return strerror(errno);
	command->pid = fork();
	if (command->pid < 0)
		return strerror(errno);
	if (!command->pid) {
		/* Its own session, so that a signal reaches all of it. */
		setsid();
		dup2(pipes[0][0], STDIN_FILENO);
		dup2(pipes[1][1], STDOUT_FILENO);
		dup2(pipes[2][1], STDERR_FILENO);
		run_child(request);
	}
	close(pipes[0][0]);
	close(pipes[1][1]);
	close(pipes[2][1]);
	command->in = pipes[0][1];
	command->out = pipes[1][0];
	command->err = pipes[2][0];
	return NULL;
}

static void unblock(int fd)
{
	if (fd >= 0)
		fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

const char *command_start(struct command *command, const unsigned char *exec, size_t len)
{
	static struct request request;
	const char *error;

	if (command->pid)
		return "a command is running already";
	if (!parse(&request, exec, len))
		return "the EXEC frame is malformed";
	command->tty = request.exec.flags & KC_EXEC_TTY;
	command->exited = false;
	error = command->tty ? start_on_tty(command, &request) : start_on_pipes(command, &request);
	if (error) {
		command->pid = 0;
		return error;
	}
	unblock(command->in);
	unblock(command->out);
	unblock(command->err);
	return NULL;
}

bool command_reap(struct command *command)
{
	int status;

	if (command->pid && !command->exited &&
	    waitpid(command->pid, &status, WNOHANG) == command->pid) {
		command->exited = true;
		command->status = WIFSIGNALED(status) ? 128 + WTERMSIG(status)
						      : WEXITSTATUS(status);
	}
	return command->exited;
}

void command_signal(struct command *command, int number)
{
	if (command->pid && !command->exited && number > 0 && number < NSIG)
		kill(-command->pid, number);
}

void command_winsize(struct command *command, uint16_t rows, uint16_t columns)
{
	struct winsize size = {.ws_row = rows, .ws_col = columns};

	if (command->pid && command->tty)
		ioctl(command->in, TIOCSWINSZ, &size);
}

void command_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}
