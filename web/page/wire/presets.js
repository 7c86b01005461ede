// What the composer can play at the press of a button, by the sections of the standards. code is what the server
// reports: the status code that answers the fault, or that of the end. The masking key is the one of RFC 6455 §5.7, so
// that what is masked can be followed.

const key = "37 fa 21 3d";

const frame = (fields) => ({ do: "frame", fin: 1, rsv1: 0, rsv2: 0, rsv3: 0, opcode: 1, masked: true, key, as: "text", payload: "", times: 1, length: "", form: "", pieces: 1, ...fields });
const hex = (payload, fields) => frame({ as: "hex", payload, ...fields });
const bytes = (payload, times = 1) => ({ do: "bytes", payload, times, pieces: 1 });
const wait = (ms) => ({ do: "wait", ms });
const end = (how) => ({ do: "end", how });
const close = (payload = "03 e8") => hex(payload, { opcode: 8 });
const request = "GET / HTTP/1.1\r\nHost: example.com\r\n\r\n";

// blank is a new step of each kind.
export const blank = { frame: () => frame({ payload: "Hello" }), bytes: () => bytes("81 85 37 fa 21 3d 7f 9f 4d 51 58"), wait: () => wait(100), end: () => end("FIN") };

export const groups = [
  { title: "Messages", presets: [
    { id: "hel-lo", title: "“Hel” + “lo”: one message in two fragments", section: "§5.4, §5.7", code: 1000,
      steps: [frame({ fin: 0, payload: "Hel" }), frame({ opcode: 0, payload: "lo" }), close()] },
    { id: "ping-between", title: "A Ping between the fragments is answered at once", section: "§5.4, §5.5.2", code: 1000,
      steps: [frame({ fin: 0, payload: "Hel" }), frame({ opcode: 9, payload: "there?" }), wait(50), frame({ opcode: 0, payload: "lo" }), close()] },
    { id: "pings", title: "Three Pings at once: the last one needs an answer", section: "§5.5.3", code: 1000,
      steps: [...["one", "two", "three"].map((payload) => frame({ opcode: 9, payload })), close()] },
    { id: "empty", title: "Empty fragments and an empty message are legal", section: "§5.4, §5.6", code: 1000,
      steps: [frame({ fin: 0 }), frame({ opcode: 0, fin: 0 }), frame({ opcode: 0, payload: "!" }), frame({ opcode: 2 }), close()] },
    { id: "pieces", title: "A frame in eleven TCP segments is the same frame", section: "§5.1", code: 1000,
      steps: [frame({ payload: "Hello", pieces: 11 }), close()] },
    { id: "length-16", title: "126 bytes: the length takes 16 bits", section: "§5.2", code: 1000,
      steps: [frame({ payload: "a", times: 126 }), close()] },
    { id: "length-64", title: "65,536 bytes: the length takes 64 bits", section: "§5.2", code: 1000,
      steps: [frame({ opcode: 2, payload: "a", times: 65536 }), close()] },
    { id: "pong", title: "A Pong that nobody asked for is ignored", section: "§5.5.3", code: 1000,
      steps: [frame({ opcode: 10, payload: "hi" }), frame({ payload: "still here" }), close()] },
  ] },
  { title: "Masking", presets: [
    { id: "unmasked", title: "A client that does not mask", section: "§5.1", code: 1002, steps: [frame({ masked: false, payload: "Hello" })] },
    { id: "get-masked", title: "Why the mask is there: “GET / HTTP/1.1”, masked", section: "§10.3", code: 1000, steps: [frame({ payload: request }), close()] },
    { id: "get-unmasked", title: "… and unmasked: a proxy that understands HTTP alone sees a request", section: "§10.3", code: 1002, steps: [frame({ masked: false, payload: request })] },
  ] },
  { title: "Reserved bits and opcodes", presets: [
    { id: "rsv1", title: "RSV1 without an extension", section: "§5.2", code: 1002, steps: [frame({ rsv1: 1, payload: "Hello" })] },
    { id: "rsv2", title: "RSV2", section: "§5.2", code: 1002, steps: [frame({ rsv2: 1, payload: "Hello" })] },
    { id: "rsv3", title: "RSV3", section: "§5.2", code: 1002, steps: [frame({ rsv3: 1, payload: "Hello" })] },
    { id: "opcode-3", title: "Opcode 3, a data frame that nobody has defined", section: "§5.2", code: 1002, steps: [frame({ opcode: 3, payload: "Hello" })] },
    { id: "opcode-b", title: "Opcode B, a control frame that nobody has defined", section: "§5.2", code: 1002, steps: [frame({ opcode: 11 })] },
  ] },
  { title: "Lengths", presets: [
    { id: "longer-16", title: "5 written in 16 bits", section: "§5.2", code: 1002, steps: [frame({ payload: "Hello", form: "16" })] },
    { id: "longer-64", title: "300 written in 64 bits", section: "§5.2", code: 1002, steps: [frame({ payload: "a", times: 300, form: "64" })] },
    { id: "top-bit", title: "A 64-bit length with its top bit set", section: "§5.2", code: 1002, steps: [frame({ payload: "Hello", length: "9223372036854775808" })] },
    { id: "absurd", title: "A header that claims four exabytes", section: "§10.4", code: 1009, steps: [frame({ opcode: 2, payload: "Hello", length: "4611686018427387904" })] },
    { id: "too-big", title: "A message over the limit, 64 KiB here, in two fragments", section: "§10.4", code: 1009,
      steps: [frame({ fin: 0, payload: "a", times: 40000 }), frame({ opcode: 0, payload: "a", times: 40000 })] },
    { id: "claims-less", title: "A header that claims 2 of 5 bytes: the rest is taken for a header", section: "§5.2", code: 1002, steps: [frame({ payload: "Hello", length: "2" })] },
    { id: "claims-more", title: "A header that claims 9 of 5 bytes: the server waits for the rest", section: "§5.2", code: 1006, steps: [frame({ payload: "Hello", length: "9" }), wait(200), end("FIN")] },
  ] },
  { title: "Fragments and control frames", presets: [
    { id: "nothing-to-continue", title: "A continuation with nothing to continue", section: "§5.4", code: 1002, steps: [frame({ opcode: 0, payload: "lo" })] },
    { id: "message-in-message", title: "A new message inside an unfinished one", section: "§5.4", code: 1002, steps: [frame({ fin: 0, payload: "Hel" }), frame({ payload: "lo" })] },
    { id: "ping-fragment", title: "A Ping in fragments", section: "§5.5", code: 1002, steps: [frame({ opcode: 9, fin: 0, payload: "Hel" })] },
    { id: "ping-126", title: "A Ping of 126 bytes", section: "§5.5", code: 1002, steps: [frame({ opcode: 9, payload: "a", times: 126 })] },
    { id: "empty-fragments", title: "1,025 empty fragments", section: "§10.4", code: 1008, steps: [frame({ fin: 0 }), bytes("00 80 37 fa 21 3d", 1024)] },
  ] },
  { title: "UTF-8", presets: [
    { id: "utf8-split", title: "A code point split between two fragments is legal", section: "§5.6", code: 1000, steps: [hex("63 61 66 c3", { fin: 0 }), hex("a9", { opcode: 0 }), close()] },
    { id: "utf8-ff", title: "The byte ff, which UTF-8 never has", section: "§8.1", code: 1007, steps: [hex("48 65 6c ff 6f")] },
    { id: "utf8-overlong", title: "“/” in two bytes, c0 af: an overlong form", section: "§8.1", code: 1007, steps: [hex("c0 af")] },
    { id: "utf8-surrogate", title: "A surrogate, ed a0 80", section: "§8.1", code: 1007, steps: [hex("61 ed a0 80")] },
    { id: "utf8-above", title: "Above U+10FFFF: seen before the message is whole", section: "§8.1", code: 1007, steps: [hex("61 f4 90 80 80", { fin: 0 }), wait(100), frame({ opcode: 0, payload: "never looked at" })] },
    { id: "utf8-cut", title: "A code point that is cut off by the end of the message", section: "§8.1", code: 1007, steps: [hex("61 c3")] },
    { id: "binary-ff", title: "The byte ff in a binary message is a byte like any other", section: "§5.6", code: 1000, steps: [hex("ff", { opcode: 2 }), close()] },
  ] },
  { title: "permessage-deflate (RFC 7692)", presets: [
    { id: "deflated", title: "“Hello”, deflated", section: "RFC 7692 §7.2.3.1", deflate: true, code: 1000, steps: [hex("f2 48 cd c9 c9 07 00", { rsv1: 1 }), close()] },
    { id: "context", title: "“Hello” twice: the second refers to the first", section: "RFC 7692 §7.2.3.2", deflate: true, code: 1000,
      steps: [hex("f2 48 cd c9 c9 07 00", { rsv1: 1 }), hex("f2 00 11 00 00", { rsv1: 1 }), close()] },
    { id: "stored", title: "“Hello” in a block that is not compressed", section: "RFC 7692 §7.2.3.3", deflate: true, code: 1000, steps: [hex("00 05 00 fa ff 48 65 6c 6c 6f 00", { rsv1: 1 }), close()] },
    { id: "deflated-fragments", title: "“Hello”, deflated, in two fragments", section: "RFC 7692 §7.2.3.1", deflate: true, code: 1000,
      steps: [hex("f2 48 cd", { rsv1: 1, fin: 0 }), hex("c9 c9 07 00", { opcode: 0 }), close()] },
    { id: "deflated-empty", title: "An empty message, deflated", section: "RFC 7692 §7.2.3.6", deflate: true, code: 1000, steps: [hex("00", { rsv1: 1 }), close()] },
    { id: "bfinal", title: "“Hello” in a block that calls itself the last", section: "RFC 7692 §7.2.3.4", deflate: true, code: 1000,
      steps: [hex("f3 48 cd c9 c9 07 00 00", { rsv1: 1 }), close()] },
    { id: "two-blocks", title: "“Hello” in two blocks", section: "RFC 7692 §7.2.3.5", deflate: true, code: 1000,
      steps: [hex("f2 48 05 00 00 00 ff ff ca c9 c9 07 00", { rsv1: 1 }), close()] },
    { id: "undeflated", title: "Agreed on, and not used: RSV1 says which messages are deflated", section: "RFC 7692 §6", deflate: true, code: 1000,
      steps: [frame({ payload: "Hello" }), hex("f2 48 cd c9 c9 07 00", { rsv1: 1 }), close()] },
    { id: "bomb", title: "522 bytes that inflate to 82,000: the limit is for what comes out", section: "§10.4", deflate: true, code: 1009,
      steps: [hex("4a 1c", { rsv1: 1, fin: 0 }), hex("05 a3 60 14 8c 82 51 30 0a 46 c1 28 18", { opcode: 0, times: 40 })] },
    { id: "rsv1-continuation", title: "RSV1 on a continuation", section: "RFC 7692 §6", deflate: true, code: 1002, steps: [hex("f2 48 cd", { rsv1: 1, fin: 0 }), hex("c9 c9 07 00", { opcode: 0, rsv1: 1 })] },
    { id: "rsv1-ping", title: "RSV1 on a Ping", section: "RFC 7692 §6", deflate: true, code: 1002, steps: [frame({ opcode: 9, rsv1: 1, payload: "hi" })] },
    { id: "not-deflate", title: "What does not inflate", section: "RFC 7692 §7.2.2", deflate: true, code: 1007, steps: [hex("ff ff", { rsv1: 1 })] },
  ] },
  { title: "Close frames", presets: [
    { id: "close-none", title: "Without a status code: reported as 1005", section: "§7.1.5", code: 1005, steps: [close("")] },
    { id: "close-reason", title: "With a code of the application’s and a reason", section: "§7.4.2", code: 4001, steps: [close("0f a1 62 79 65")] },
    { id: "close-1", title: "One byte, half a status code", section: "§5.5.1", code: 1002, steps: [close("03")] },
    { id: "close-999", title: "Status code 999", section: "§7.4.2", code: 1002, steps: [close("03 e7")] },
    { id: "close-1005", title: "Status code 1005, which is for reports only", section: "§7.4.1", code: 1002, steps: [close("03 ed")] },
    { id: "close-2999", title: "Status code 2999, which is not given out", section: "§7.4.2", code: 1002, steps: [close("0b b7")] },
    { id: "close-5000", title: "Status code 5000", section: "§7.4.2", code: 1002, steps: [close("13 88")] },
    { id: "close-utf8", title: "A reason that is not UTF-8", section: "§5.5.1", code: 1007, steps: [close("03 e8 ff")] },
    { id: "after-close", title: "What comes after a Close is not delivered", section: "§5.5.1", code: 1000, steps: [close(), frame({ payload: "too late" })] },
  ] },
  { title: "Ways to end", presets: [
    { id: "end-handshake", title: "The closing handshake, begun by the client", section: "§7.1.2", code: 1000, steps: [frame({ payload: "Hello" }), close("03 e8 62 79 65")] },
    { id: "end-server", title: "The closing handshake, begun by the server", section: "§7.1.2", serve: "close", code: 1001, steps: [wait(100), close("03 e9")] },
    { id: "end-crossed", title: "Two Close frames that cross are a closing handshake", section: "§5.5.1", serve: "close", code: 1001, steps: [close()] },
    { id: "end-unanswered", title: "The server’s Close is never answered: a time limit", section: "§7.1.1", serve: "close", code: 1006, steps: [wait(1500)] },
    { id: "end-fin", title: "TCP FIN without a Close frame", section: "§7.1.5", code: 1006, steps: [frame({ payload: "Hello" }), wait(50), end("FIN")] },
    { id: "end-middle", title: "TCP FIN in the middle of a frame", section: "§7.1.5", code: 1006, steps: [bytes("81 85 37 fa 21 3d 7f 9f"), wait(50), end("FIN")] },
    { id: "end-rst", title: "TCP RST", section: "§7.1.5", code: 1006, steps: [frame({ payload: "Hello" }), wait(50), end("RST")] },
    { id: "end-notify", title: "TLS close_notify without a Close frame", section: "RFC 8446 §6.1", secure: true, code: 1006, steps: [frame({ payload: "Hello" }), wait(50), end("close_notify")] },
    { id: "end-truncated", title: "TCP FIN below TLS, without close_notify: cut off", section: "RFC 8446 §6.1", secure: true, code: 1006, steps: [frame({ payload: "Hello" }), wait(50), end("FIN")] },
    { id: "end-secure", title: "The closing handshake over TLS", section: "§7.1.1", secure: true, code: 1000, steps: [frame({ payload: "Hello" }), close()] },
    { id: "end-drop", title: "The server lets go without a word", section: "§7.1.5", serve: "drop", code: 1006, steps: [wait(50)] },
  ] },
];

export const presets = new Map(groups.flatMap((group) => group.presets).map((preset) => [preset.id, preset]));
