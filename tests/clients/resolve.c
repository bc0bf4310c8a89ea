/* getaddrinfo() of whichever C library this is linked to: one line per name, `NAME: ADDRESS…` or `NAME: not found`. */
#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <sys/socket.h>

static void print(const char *name)
{
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list = NULL;
    int error = getaddrinfo(name, "443", &hints, &list);

    printf("%s:", name);
    if (error == EAI_NONAME || error == EAI_NODATA)
        printf(" not found");
    else if (error)
        printf(" %s", gai_strerror(error));
    for (struct addrinfo *at = list; at; at = at->ai_next) {
        char text[INET6_ADDRSTRLEN];
        const void *address = at->ai_family == AF_INET6
            ? (const void *)&((struct sockaddr_in6 *)at->ai_addr)->sin6_addr
            : (const void *)&((struct sockaddr_in *)at->ai_addr)->sin_addr;
        printf(" %s", inet_ntop(at->ai_family, address, text, sizeof text));
    }
    printf("\n");
    if (list)
        freeaddrinfo(list);
}

int main(int count, char **names)
{
    for (int i = 1; i < count; i++)
        print(names[i]);
    return 0;
}
