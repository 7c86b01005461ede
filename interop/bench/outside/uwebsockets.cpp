// An echo server with uWebSockets, for bench -with: one thread, no TLS, no permessage-deflate. It listens on the address in
// the environment variable ADDR (host:port) and echoes at every path. Built with the options of uWebSockets' own examples, in
// this folder:
//
//	git clone --depth 1 --branch v20.79.0 https://github.com/uNetworking/uWebSockets /tmp/uWebSockets
//	git -C /tmp/uWebSockets submodule update --init --depth 1 uSockets
//	make -C /tmp/uWebSockets/uSockets
//	g++ -std=c++20 -O3 -march=native -flto=auto -DLIBUS_NO_SSL -DUWS_NO_ZLIB -I /tmp/uWebSockets/src \
//		-I /tmp/uWebSockets/uSockets/src uwebsockets.cpp /tmp/uWebSockets/uSockets/*.o -o /tmp/uwebsockets
//
// and measured, at the top of the tree:
//
//	make bench FLAGS="-o /tmp/page.md -run '16 in flight' -with 'uWebSockets v20.79.0=/tmp/uwebsockets'"
#include "App.h"

#include <cstdlib>
#include <iostream>
#include <string>

#ifdef __GLIBC__
#include <malloc.h>
#endif

struct Connection {}; // nothing is kept for one

int main() {
    const char *variable = std::getenv("ADDR");
    const std::string addr = variable ? variable : "";
    const auto colon = addr.rfind(':');
    if (colon == std::string::npos) {
        std::cerr << "ADDR has to be host:port\n";
        return 2;
    }
    const std::string host = addr.substr(0, colon);
    const int port = std::atoi(addr.c_str() + colon + 1);

    bool listens = false;
    uWS::App()
        .ws<Connection>("/*", {
            .compression = uWS::DISABLED,
            .maxPayloadLength = 64 << 20,
            .idleTimeout = 0,                 // silent connections stay
            .maxBackpressure = 64 << 20,      // 16 messages of 1 MiB fit
            .closeOnBackpressureLimit = true, // the load notices; a message dropped without a word it would wait for
            .sendPingsAutomatically = false,
            .message = [](auto *ws, std::string_view message, uWS::OpCode opcode) { ws->send(message, opcode); },
        })
        .get("/free", [](auto *response, auto *) {
#ifdef __GLIBC__
            malloc_trim(0); // memory that is not in use goes back to the system, as in the servers beside it
#endif
            response->end();
        })
        .listen(host, port, [&](auto *socket) { listens = socket != nullptr; })
        .run();
    if (!listens) {
        std::cerr << "cannot listen on " << addr << '\n';
        return 1;
    }
}
