# tools/build.mk - what this room adds to the build
