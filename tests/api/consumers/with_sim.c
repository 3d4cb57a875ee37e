/* SPDX-License-Identifier: MIT */
/*
 * A user of the simulated kernel alone: no libuv, no test framework. The port is
 * one that the real kernel would give to root only, and the hour is over at once.
 */
#include <tidysock/sim.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void talk(int listener, int client, const struct sockaddr_in *address)
{
    char text[8] = "";
    int accepted;

    if (connect(client, (const struct sockaddr *)address, sizeof(*address)) < 0)
        tidy_world_fail("not connected");
    accepted = accept(listener, NULL, NULL);
    sleep(3599);
    if (write(client, "hello", 5) != 5 || read(accepted, text, 8) != 5 ||
        strcmp(text, "hello") != 0)
        tidy_world_fail("\"%s\" was read", text);
    close(accepted);
}

static void body(void *arg)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons(1) };
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    int client = socket(AF_INET, SOCK_STREAM, 0);

    (void)arg;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(listener, (struct sockaddr *)&address, sizeof(address)) < 0 ||
        listen(listener, 1) < 0)
        tidy_world_fail("not bound");
    talk(listener, client, &address);
    close(listener);
    close(client);
}

int main(void)
{
    struct tidy_world_report *report = tidy_world_run(NULL, body, NULL);
    enum tidy_outcome outcome = tidy_world_report_outcome(report);

    printf(
        "%s %s\n", tidy_outcome_name(outcome), tidy_world_report_text(report));
    tidy_world_report_free(report);
    return outcome == TIDY_OUTCOME_PASSED ? 0 : 1;
}
