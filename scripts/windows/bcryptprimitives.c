// The one function of Windows' bcryptprimitives.dll that Rust's standard library calls, for Wine older than 8.13, which
// lacks the library. Built by scripts/windows/wine.sh into a Wine prefix of its own; it never ships.

__declspec(dllimport) unsigned char __stdcall SystemFunction036(void *buffer, unsigned long length);

__declspec(dllexport) int __stdcall ProcessPrng(unsigned char *buffer, unsigned long long length) {
    while (length > 0) {
        unsigned long part = length > 1u << 28 ? 1u << 28 : (unsigned long)length;
        if (!SystemFunction036(buffer, part)) {
            return 0;
        }
        buffer += part;
        length -= part;
    }
    return 1;
}
