//go:build !race

#include "textflag.h"

// SSE2, which every amd64 processor has, or AVX2.

// func detectAVX2() bool
TEXT ·detectAVX2(SB), NOSPLIT, $0-1
	MOVB $0, ret+0(FP)
	MOVL $0, AX
	CPUID
	CMPL AX, $7                     // there is such a leaf
	JLT  no
	MOVL $1, AX
	MOVL $0, CX
	CPUID
	ANDL $(1<<27 | 1<<28), CX       // OSXSAVE, so that XGETBV may be asked, and AVX
	CMPL CX, $(1<<27 | 1<<28)
	JNE  no
	MOVL $0, CX
	XGETBV
	ANDL $6, AX                     // the system saves the registers, both halves
	CMPL AX, $6
	JNE  no
	MOVL $7, AX
	MOVL $0, CX
	CPUID
	TESTL $(1<<5), BX               // AVX2
	SETNE ret+0(FP)

no:
	RET

// func maskBlocks(b []byte, k uint64) (ascii bool)
TEXT ·maskBlocks(SB), NOSPLIT, $0-33
	MOVQ b_base+0(FP), SI
	MOVQ b_len+8(FP), CX
	MOVQ k+24(FP), X8
	PXOR X9, X9                     // X9 and X10: all that has come out so far, ORed
	PXOR X10, X10
	CMPB ·hasAVX2(SB), $0
	JNE  wide
	PUNPCKLQDQ X8, X8

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
	PMOVMSKB X9, AX                 // the highest bit of each byte, which ASCII does not have
	TESTL    AX, AX
	SETEQ    ascii+32(FP)
	RET

wide:
	VPBROADCASTQ X8, Y8
	VPXOR        Y9, Y9, Y9
	VPXOR        Y10, Y10, Y10

maskWide:
	VPXOR   0(SI), Y8, Y0
	VPXOR   32(SI), Y8, Y1
	VMOVDQU Y0, 0(SI)
	VMOVDQU Y1, 32(SI)
	VPOR    Y0, Y9, Y9
	VPOR    Y1, Y10, Y10
	ADDQ    $64, SI
	SUBQ    $64, CX
	JNZ     maskWide

	VPOR      Y10, Y9, Y9
	VPMOVMSKB Y9, AX
	VZEROUPPER
	TESTL     AX, AX
	SETEQ     ascii+32(FP)
	RET

// func asciiBlocks(b []byte) (n int)
TEXT ·asciiBlocks(SB), NOSPLIT, $0-32
	MOVQ b_base+0(FP), SI
	MOVQ b_len+8(FP), CX
	MOVQ SI, DI
	CMPB ·hasAVX2(SB), $0
	JNE  lookWide

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

lookWide:
	VMOVDQU   0(SI), Y0
	VPOR      32(SI), Y0, Y0
	VPMOVMSKB Y0, AX
	TESTL     AX, AX
	JNZ       doneWide
	ADDQ      $64, SI
	SUBQ      $64, CX
	JNZ       lookWide

doneWide:
	VZEROUPPER
	JMP done
