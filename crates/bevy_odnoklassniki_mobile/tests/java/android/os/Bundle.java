package android.os;

import java.util.TreeMap;

public class Bundle {
    public final TreeMap<String, IBinder> binders = new TreeMap<>();

    public void putBinder(String key, IBinder value) {
        binders.put(key, value);
    }
}
