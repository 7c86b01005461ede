//go:build !race

#include "textflag.h"

// SSE2, which every amd64 processor has.

// func maskBlocks(b []byte, k uint64) (ascii bool)
TEXT ·maskBlocks(SB), NOSPLIT, $0-33
	MOVQ       b_base+0(FP), SI
	MOVQ       b_len+8(FP), CX
	MOVQ       k+24(FP), X8
	PUNPCKLQDQ X8, X8
	PXOR       X9, X9              // X9 and X10: all that has come out so far, ORed
	PXOR       X10, X10

mask:
	MOVOU 0(SI), X0
	MOVOU 16(SI), X1
	MOVOU 32(SI), X2
	MOVOU 48(SI), X3
	PXOR  X8, X0
	PXOR  X8, X1
	PXOR  X8, X2
	PXOR  X8, X3
	MOVOU X0, 0(SI)
	MOVOU X1, 16(SI)
	MOVOU X2, 32(SI)
	MOVOU X3, 48(SI)
	POR   X1, X0
	POR   X3, X2
	POR   X0, X9
	POR   X2, X10
	ADDQ  $64, SI
	SUBQ  $64, CX
	JNZ   mask

	POR      X10, X9
	PMOVMSKB X9, AX                // the highest bit of each byte, which ASCII does not have
	TESTL    AX, AX
	SETEQ    ascii+32(FP)
	RET

// func asciiBlocks(b []byte) (n int)
TEXT ·asciiBlocks(SB), NOSPLIT, $0-32
	MOVQ b_base+0(FP), SI
	MOVQ b_len+8(FP), CX
	MOVQ SI, DI

look:
	MOVOU    0(SI), X0
	MOVOU    16(SI), X1
	MOVOU    32(SI), X2
	MOVOU    48(SI), X3
	POR      X1, X0
	POR      X3, X2
	POR      X2, X0
	PMOVMSKB X0, AX
	TESTL    AX, AX
	JNZ      done
	ADDQ     $64, SI
	SUBQ     $64, CX
	JNZ      look

done:
	SUBQ DI, SI
	MOVQ SI, n+24(FP)
	RET
