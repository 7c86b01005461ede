// The examples of the guide. Each is shown as it is written here and run as it is shown: url is the address of
// this page's /echo, and print adds a line below the example.

export const examples = [
  {
    id: "hello",
    title: "Hello, and back",
    run: async function (url, print) {
      await tandem.ready;
      const c = await tandem.open(url, { subprotocols: ["tandem.v1"] });
      await c.send("hello");
      await c.send(new Uint8Array([1, 2, 3]));
      print(await c.receive()); // a string
      print(await c.receive()); // a Uint8Array
      const { code, wasClean } = await c.close(1000, "bye");
      print(`closed: ${code}, ${wasClean ? "clean" : "not clean"}`);
    },
  },
  {
    id: "errors",
    title: "When something is wrong",
    run: async function (url, print) {
      await tandem.ready;
      try {
        await tandem.open(url.replace("ws", "http"));
      } catch (error) {
        print(error.message);
      }
      const c = await tandem.open(url.replace("/echo", "/close?code=1008&reason=no"));
      try {
        await c.receive();
      } catch (error) {
        print(`${error.code} ${error.reason}: ${error.message}`);
      }
    },
  },
];
