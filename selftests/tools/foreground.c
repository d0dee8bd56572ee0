// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * foreground COMMAND...: runs it as a terminal's foreground job. A shell
 * without job control has its background jobs ignore Ctrl-C, and so would the
 * tool.
 */
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	if (argc < 2)
		return 2;
	signal(SIGINT, SIG_DFL);
	execvp(argv[1], argv + 1);
	perror(argv[1]);
	return 127;
}
