package conform

import "testing"

func TestSection7_1_Parameters(t *testing.T) {
	for _, test := range []struct {
		element string
		answer  bool
		want    parameters
	}{
		{"permessage-deflate", false, parameters{}},
		{"permessage-deflate; server_no_context_takeover;client_no_context_takeover", true, parameters{serverNoTakeover: true, clientNoTakeover: true}},
		{"permessage-deflate; server_max_window_bits=8; client_max_window_bits=15", true, parameters{serverBits: 8, clientBits: 15}},
		{"permessage-deflate; client_max_window_bits", false, parameters{clientBits: anyBits}},
		{`permessage-deflate ; server_max_window_bits = "10"`, false, parameters{serverBits: 10}},
	} {
		if got, ours, err := parseParameters(test.element, test.answer); got != test.want || !ours || err != nil {
			t.Errorf("%s: %+v, %t, %v", test.element, got, ours, err)
		}
	}
	for _, bad := range badParameters {
		element := extensionName + "; " + bad.list
		if _, ours, err := parseParameters(element, false); !ours || err == nil {
			t.Errorf("the offer %s is valid", element)
		}
		if _, ours, err := parseParameters(element, true); !ours || err == nil {
			t.Errorf("the answer %s is valid", element)
		}
	}
	if _, _, err := parseParameters("permessage-deflate; client_max_window_bits", true); err == nil {
		t.Error("client_max_window_bits in an answer needs no value")
	}
	if _, ours, _ := parseParameters("x-webkit-deflate-frame", false); ours {
		t.Error("another extension is permessage-deflate")
	}
}

func TestSection7_1_Allows(t *testing.T) {
	for _, test := range []struct {
		offer, answer string
		fine          bool
	}{
		{"", "", true},
		{"", "; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=9", true},
		{"", "; client_max_window_bits=9", false},
		{"; server_no_context_takeover", "", false},
		{"; server_no_context_takeover", "; server_no_context_takeover", true},
		{"; client_no_context_takeover", "", true},
		{"; server_max_window_bits=10", "", false},
		{"; server_max_window_bits=10", "; server_max_window_bits=12", false},
		{"; server_max_window_bits=10", "; server_max_window_bits=10", true},
		{"; server_max_window_bits=10", "; server_max_window_bits=9", true},
		{"; client_max_window_bits", "; client_max_window_bits=15", true},
		{"; client_max_window_bits=10", "; client_max_window_bits=11", false},
		{"; client_max_window_bits=10", "; client_max_window_bits=8", true},
		{"; client_max_window_bits=10", "", true},
	} {
		offer, _, err := parseParameters(extensionName+test.offer, false)
		if err != nil {
			t.Fatal(err)
		}
		answer, _, err := parseParameters(extensionName+test.answer, true)
		if err != nil {
			t.Fatal(err)
		}
		if problem := offer.allows(answer); (problem == "") != test.fine {
			t.Errorf("%q answered with %q: %q", test.offer, test.answer, problem)
		}
		if obliged, line := offer.oblige(answer); test.fine && (obliged != answer || line != extensionName+test.answer) {
			t.Errorf("%q makes %q of %q", test.offer, line, test.answer)
		}
	}
}
